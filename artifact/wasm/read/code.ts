import { WasmError } from '../error.ts';
import type { FunctionBody, LocalRun } from '../module.ts';
import type { ByteReader } from './bytes.ts';
import { readValueType } from './types.ts';

/** Reads one entry of the code section, without looking into it. */
export function readFunctionBody(reader: ByteReader): FunctionBody {
  const at = reader.at;
  const length = reader.u32();
  const sizeWidth = reader.at - at;
  const start = reader.skip(length);
  if (length < 2 || reader.bytes[reader.at - 1] !== 0x0b) {
    throw new WasmError('body-unterminated', reader.at, 'function body without end');
  }
  return { start, end: reader.at, sizeWidth };
}

/** Reads the locals at the head of a body; the reader then stands at the first instruction. */
export function readLocals(reader: ByteReader): LocalRun[] {
  const runs: LocalRun[] = [];
  let total = 0;
  for (let left = reader.count(); left > 0; left--) {
    const at = reader.at;
    const count = reader.u32();
    total += count;
    if (total > reader.limits.localsMax) throw new WasmError('too-large', at, `${total} locals`);
    runs.push({ count, type: readValueType(reader) });
  }
  return runs;
}
