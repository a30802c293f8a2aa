import { WasmError } from '../error.ts';

/** Where a LEB128 number ends and what it was; one object is reused, so read both fields before the next call. */
export interface Leb {
  value: number;
  end: number;
}

/** Reads an unsigned LEB128 of at most 32 bits. */
export function readU32(bytes: Uint8Array, at: number, end: number, out: Leb): void {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    if (at >= end) throw new WasmError('truncated', at, 'number ends early');
    const byte = bytes[at++]!;
    if (shift === 28 && byte > 0x0f) break;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      out.value = value >>> 0;
      out.end = at;
      return;
    }
  }
  throw new WasmError('leb-too-long', at - 1, 'unsigned number of more than 32 bits');
}

/**
 * Reads a signed LEB128 of at most `bits` bits (32, 33 or 64). What a double cannot hold exactly comes out as NaN;
 * such a number is only ever copied.
 */
export function readSigned(bytes: Uint8Array, at: number, end: number, bits: number, out: Leb): void {
  const start = at;
  let low = 0;
  let scale = 1;
  for (let shift = 0; shift < bits; shift += 7) {
    if (at >= end) throw new WasmError('truncated', at, 'number ends early');
    const byte = bytes[at++]!;
    if (byte >= 0x80) {
      low += (byte & 0x7f) * scale;
      scale *= 128;
      continue;
    }
    const left = bits - shift;
    if (left < 7 && byte >> (left - 1) !== 0 && byte >> (left - 1) !== 0x7f >> (left - 1)) break;
    // Up to 49 bits the sum is exact in a double.
    if (shift < 49) out.value = low + (byte & 0x40 ? byte - 128 : byte) * scale;
    else out.value = exactOrNaN(bytes, start, at);
    out.end = at;
    return;
  }
  throw new WasmError('leb-too-long', at - 1, `signed number of more than ${bits} bits`);
}

/** Reads an unsigned LEB128 of at most 64 bits; NaN where a double cannot hold it exactly. */
export function readU64(bytes: Uint8Array, at: number, end: number, out: Leb): void {
  const start = at;
  let value = 0;
  let scale = 1;
  for (let shift = 0; shift < 70; shift += 7) {
    if (at >= end) throw new WasmError('truncated', at, 'number ends early');
    const byte = bytes[at++]!;
    if (shift === 63 && byte > 1) break;
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 0x80) {
      const exact = shift < 49 || bigFrom(bytes, start, at) <= BigInt(Number.MAX_SAFE_INTEGER);
      out.value = exact ? value : Number.NaN;
      out.end = at;
      return;
    }
  }
  throw new WasmError('leb-too-long', at - 1, 'unsigned number of more than 64 bits');
}

function bigFrom(bytes: Uint8Array, start: number, end: number): bigint {
  let value = 0n;
  for (let at = end - 1; at >= start; at--) value = (value << 7n) | BigInt(bytes[at]! & 0x7f);
  return value;
}

function exactOrNaN(bytes: Uint8Array, start: number, end: number): number {
  const value = BigInt.asIntN(7 * (end - start), bigFrom(bytes, start, end));
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : Number.NaN;
}
