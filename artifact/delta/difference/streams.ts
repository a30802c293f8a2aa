import { packBrotli, unpackBrotli } from '../brotli.ts';
import { DeltaError } from '../error.ts';
import { controlBytesMax } from '../limits.ts';
import type { WorkBudget } from '../work.ts';
import type { Stretch } from './plan.ts';

/*
A difference as bsdiff has it: u bytes of the control part, then one brotli stream of three parts. Control holds for each
stretch u length, u 2 × distance + 1 when backwards (from where the last one and what followed it end), u new bytes;
then come the steps from old to new bytes of all stretches, then all new bytes.
*/

/** The new file as steps along the old one; undefined where that takes too many stretches. */
export const packStreams = (old: Uint8Array, fresh: Uint8Array, plan: readonly Stretch[]): Uint8Array | undefined => {
  const control: number[] = [];
  const steps: number[] = [];
  const extra: number[] = [];
  let expected = 0;
  let at = 0;
  for (const { from, length, fresh: bytes } of plan) {
    const start = length > 0 ? from : expected;
    const distance = start - expected;
    pushNumber(control, length);
    pushNumber(control, distance < 0 ? -2 * distance + 1 : 2 * distance);
    pushNumber(control, bytes);
    for (let left = 0; left < length; left++, at++) steps.push((fresh[at]! - old[start + left]!) & 255);
    for (let left = bytes; left > 0; left--) extra.push(fresh[at++]!);
    expected = start + length + bytes;
  }
  if (control.length > controlBytesMax(fresh.length)) return undefined;
  const head: number[] = [];
  pushNumber(head, control.length);
  const packed = packBrotli(Buffer.concat([Buffer.from(control), Buffer.from(steps), Buffer.from(extra)]), 11);
  return Uint8Array.from(Buffer.concat([Buffer.from(head), packed]));
};

/** The opposite of `packStreams`. */
export const unpackStreams = (old: Uint8Array, payload: Uint8Array, newBytes: number, work: WorkBudget): Uint8Array => {
  const head = { bytes: payload, at: 0 };
  const controlBytes = takeNumber(head);
  if (controlBytes > controlBytesMax(newBytes))
    throw new DeltaError('over-limit', `${controlBytes} bytes of stretches`);
  // Three bytes may be a stretch of nothing, read twice.
  work.spend(controlBytes);
  const parts = unpackBrotli(payload.subarray(head.at), controlBytes + newBytes);
  const control = { bytes: parts.subarray(0, controlBytes), at: 0 };
  const fresh = new Uint8Array(newBytes);
  let step = controlBytes;
  let extra = controlBytes + bytesAlong(control.bytes);
  let expected = 0;
  let at = 0;
  while (control.at < controlBytes) {
    const [length, jump, bytes] = [takeNumber(control), takeNumber(control), takeNumber(control)];
    const start = expected + (jump % 2 === 1 ? -Math.floor(jump / 2) : jump / 2);
    if (start < 0 || (length > 0 && start + length > old.length) || at + length + bytes > newBytes) {
      throw new DeltaError('patch-corrupt', 'a stretch runs out of its file');
    }
    for (let left = 0; left < length; left++) fresh[at++] = old[start + left]! + parts[step++]!;
    for (let left = bytes; left > 0; left--) fresh[at++] = parts[extra++]!;
    expected = start + length + bytes;
  }
  if (at !== newBytes) throw new DeltaError('patch-corrupt', 'the stretches do not make the whole file');
  return fresh;
};

/** Bytes of all stretches together: behind them lie the new ones. */
const bytesAlong = (bytes: Uint8Array): number => {
  const control = { bytes, at: 0 };
  let total = 0;
  while (control.at < bytes.length) {
    total += takeNumber(control);
    takeNumber(control);
    takeNumber(control);
  }
  return total;
};

const pushNumber = (out: number[], value: number): void => {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  out.push(rest);
};

const takeNumber = (source: { readonly bytes: Uint8Array; at: number }): number => {
  let value = 0;
  for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
    const byte = source.bytes[source.at++];
    if (byte === undefined) throw new DeltaError('patch-corrupt', 'a difference ends within a number');
    value += (byte & 127) * scale;
    if (byte < 128) return value;
  }
  throw new DeltaError('patch-corrupt', 'a number of a difference takes more than five bytes');
};
