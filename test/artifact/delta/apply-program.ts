/** Applies hostile patches one after the other, `DIRECTORY COUNT`; prints the code of each refusal and the process' peak size. */
import { readFileSync } from 'node:fs';
import { applyDelta } from '../../../artifact/delta/apply.ts';
import { DeltaError } from '../../../artifact/delta/error.ts';
import { deltaLimits } from '../../../artifact/delta/limits.ts';

const [directory, count] = process.argv.slice(2);
const old = readFileSync(`${directory}/old`);
const codes = Array.from({ length: Number(count) }, (_, at) => {
  try {
    applyDelta(old, readFileSync(`${directory}/patch${at}`), deltaLimits);
    return 'applied';
  } catch (error) {
    return error instanceof DeltaError ? error.code : String(error);
  }
});
const [, peak] = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
process.stdout.write(JSON.stringify({ codes, peakBytes: Number(peak) * 1024 }));
