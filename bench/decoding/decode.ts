/** Decodes one patch in a process of its own, `OLD PATCH`: prints what that took beside what the process took before. */
import { readFileSync } from 'node:fs';
import { applyDelta } from '../../artifact/delta/apply.ts';
import { DeltaError } from '../../artifact/delta/error.ts';
import { deltaLimits } from '../../artifact/delta/limits.ts';
import { unboundedWork } from '../../artifact/delta/work.ts';

const [old, patch] = process.argv.slice(2).map((path) => readFileSync(path)) as [Buffer, Buffer];
const kilobytes = (field: string): number =>
  Number(new RegExp(`^${field}:\\s*(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);

const work = unboundedWork();
const [residentKb, before] = [kilobytes('VmRSS'), process.cpuUsage()];
let end = 'applied';
try {
  applyDelta(old, patch, deltaLimits, undefined, work);
} catch (error) {
  if (!(error instanceof DeltaError)) throw error;
  end = error.code;
}
const { user, system } = process.cpuUsage(before);
const processBytes = kilobytes('VmHWM') * 1024;
const peakBytes = Math.max(0, processBytes - residentKb * 1024);
process.stdout.write(
  JSON.stringify({ cpuMs: (user + system) / 1000, peakBytes, processBytes, units: work.spent, end }),
);
