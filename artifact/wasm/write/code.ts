import type { LocalRun } from '../module.ts';
import type { ByteWriter } from './bytes.ts';
import { writeValueType, writeVector } from './types.ts';

/** Writes one entry of the code section: its length, in `sizeWidth` bytes at least, then locals and instructions. */
export function writeFunctionBody(writer: ByteWriter, body: Uint8Array, sizeWidth = 1): void {
  writer.u32(body.length, sizeWidth);
  writer.raw(body);
}

/** Writes the locals at the head of a body. */
export function writeLocals(writer: ByteWriter, runs: readonly LocalRun[]): void {
  writeVector(writer, runs, (inner, { count, type }) => {
    inner.u32(count);
    writeValueType(inner, type);
  });
}
