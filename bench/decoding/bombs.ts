/** Patches that are made to ask for much with few bytes, each in the way of one part of the format. */
import { packBrotli } from '../../artifact/delta/brotli.ts';
import { Predictor } from '../../artifact/delta/coding/predictor.ts';
import { BitEncoder } from '../../artifact/delta/coding/range.ts';
import { controlBytesMax, mapsBytesMax } from '../../artifact/delta/limits.ts';
import { CodeCodec, scratchBytes } from '../../artifact/delta/module/code-codec.ts';
import { counterBits } from '../../artifact/delta/module/coding-limits.ts';
import { numberBytes } from '../../artifact/delta/module/format.ts';
import { codeSets } from '../../artifact/delta/module/instruction-codec.ts';
import { unboundedWork } from '../../artifact/delta/work.ts';
import { type RewrittenOld, rewrittenPayload } from './steered-patches.ts';

const repeated = (length: number, bytes: readonly number[]): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => bytes[at % bytes.length]!);

/** A brotli stream of as many equal bytes as are announced. */
export const plainStream = (newBytes: number): Uint8Array => packBrotli(new Uint8Array(newBytes), 9);

/** Empty meta-blocks, each a step of the decoder's machine, up to a length. */
export function emptyBlocks(length: number): Uint8Array {
  // Window of 16 bits, then meta-data of no bytes: 0, 11, 0, 00 and padding, over and over.
  const blocks = repeated(Math.max(2, length), [0x06]);
  blocks[0] = 0x0c;
  return blocks;
}

/** A difference as streams whose stretches are all empty. */
export function emptyStretches(newBytes: number): Uint8Array {
  const control = controlBytesMax(newBytes) - (controlBytesMax(newBytes) % 3);
  return Uint8Array.from([1, ...numberBytes(control), ...packBrotli(new Uint8Array(control + newBytes), 9)]);
}

/** What the parts of maps may be filled with; the others stay empty. */
const mapFillings: Readonly<Record<string, (room: number, indices: number) => readonly number[]>> = {
  // One index map after the other as long as may be, all of it new.
  indices: (_room, indices) => {
    const map = [...numberBytes(indices), ...numberBytes(2 * indices + 1)];
    return [0, ...map, ...map, ...map, 0, 0, 0, 0, 0];
  },
  constants: (room) => [0, 0, 0, 0, 0, ...numberBytes(room >> 1), ...repeated((room >> 1) * 2, [7, 1]), 0, 0, 0],
  regions: (room) => [
    0,
    0,
    0,
    0,
    0,
    0,
    ...numberBytes(room),
    ...repeated(room * 2, [7, 1]),
    1,
    1,
    0,
    0,
    ...numberBytes(room),
    ...repeated(room, [19]),
  ],
};

/** Maps as large as may be between such files, each of one kind, and the new file behind them. */
export function fullMaps(
  old: Uint8Array,
  newBytes: number,
): readonly { readonly name: string; readonly payload: Uint8Array }[] {
  const room = mapsBytesMax(old.length, newBytes);
  return Object.entries(mapFillings).map(([name, fill]) => {
    const maps = Uint8Array.from(
      fill(Math.floor((room - 24) / (name === 'regions' ? 3 : 1)), Math.min(1_000_000, Math.floor(newBytes / 3))),
    );
    const packed = packBrotli(maps, 11);
    const head = Uint8Array.from([...numberBytes(maps.length), ...numberBytes(packed.length), ...packed]);
    return { name, payload: Uint8Array.from(Buffer.concat([head, plainStream(newBytes)])) };
  });
}

/** Small bodies, each coded against the largest old one, as no encoder would. */
export function allAgainstLargest(rewritten: RewrittenOld, newBytes: number): Uint8Array {
  const body = [5, 0, 0x41, 1, 0x1a, 0x0b];
  const count = Math.floor((newBytes - 8) / body.length);
  const { bodies: old } = rewritten.code;
  const base = rewritten.bytes.length;
  const bytes = new Uint8Array(base + newBytes + scratchBytes);
  bytes.set(rewritten.bytes);
  bytes.set(repeated(count * body.length, body), base + 8);
  const sizes = old.starts.map((start, index) => old.ends[index]! - start);
  const largest = sizes.indexOf(Math.max(...sizes));
  const starts = Uint32Array.from({ length: count }, (_, index) => base + 8 + index * body.length + 1);
  const bodies = {
    count,
    starts,
    ends: starts.map((start) => start + body.length - 1),
    widths: new Uint8Array(count).fill(1),
  };
  const encoder = new BitEncoder();
  const work = unboundedWork();
  const predictor = new Predictor(encoder, counterBits(newBytes), codeSets.total, work);
  const align = () => new Int32Array(3).fill(-1);
  // More than any decoder does: the rest would only take the encoder's time.
  const coded = Math.min(count, Math.ceil(2e8 / (sizes[largest]! + 300)));
  new CodeCodec(predictor, bytes, old, base + 8, base + newBytes, work).code(coded, {
    ...{ bodies, align },
    bases: new Int32Array(count).fill(largest),
  });
  return rewrittenPayload(rewritten, newBytes, count, encoder.finish());
}
