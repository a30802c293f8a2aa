import { unpackBrotli } from '../brotli.ts';
import { Predictor } from '../coding/predictor.ts';
import { BitDecoder } from '../coding/range.ts';
import { decodeDifference } from '../difference/code.ts';
import { DeltaError } from '../error.ts';
import { mapsBytesMax } from '../limits.ts';
import { decodeMaps } from '../rewrite/maps-format.ts';
import { rewriteModule } from '../rewrite/rewrite.ts';
import type { WorkBudget } from '../work.ts';
import { CodeCodec, scratchBytes } from './code-codec.ts';
import { codeRangeOf, withoutCode } from './code-section.ts';
import { counterBits } from './coding-limits.ts';
import { PayloadReader, restWays } from './format.ts';
import { codeSets } from './instruction-codec.ts';

/** The new file from the payload of a `light` patch. */
export const decodeLight = (old: Uint8Array, payload: Uint8Array, newBytes: number, work: WorkBudget): Uint8Array => {
  const reader = new PayloadReader(payload);
  const rewritten = rewrittenBy(reader, old, newBytes, work);
  return unpackBrotli(reader.rest(), newBytes, rewritten);
};

/** The new file from the payload of a `rewritten` patch. */
export const decodeRewritten = (
  old: Uint8Array,
  payload: Uint8Array,
  newBytes: number,
  work: WorkBudget,
): Uint8Array => {
  const reader = new PayloadReader(payload);
  const rewritten = rewrittenBy(reader, old, newBytes, work);
  const restWay = reader.number();
  const start = reader.number();
  const codeBytes = reader.number();
  const count = reader.number();
  const coded = reader.take(reader.number());
  if (start + codeBytes > newBytes) throw new DeltaError('patch-corrupt', 'more code than the new file has bytes');
  const oldCode = codeRangeOf(rewritten);
  if (oldCode === undefined) throw new DeltaError('patch-corrupt', 'the rewritten module has no code');
  const rest = decodeRest(restWay, withoutCode(rewritten, oldCode), reader.rest(), newBytes - codeBytes, work);
  const base = rewritten.length;
  // Grown in place: a device has no room for the old module three times.
  const bytes = new Uint8Array(rewritten.buffer.transfer(base + newBytes + scratchBytes));
  bytes.fill(0, base);
  bytes.set(rest.subarray(0, start), base);
  bytes.set(rest.subarray(start), base + start + codeBytes);
  const predictor = new Predictor(new BitDecoder(coded), counterBits(newBytes), codeSets.total, work);
  const stop = base + start + codeBytes;
  const end = new CodeCodec(predictor, bytes, oldCode.bodies, base + start, stop, work).code(count, undefined);
  if (end !== stop) throw new DeltaError('patch-corrupt', 'less code than announced');
  return bytes.subarray(base, base + newBytes);
};

const decodeRest = (
  way: number,
  old: Uint8Array,
  coded: Uint8Array,
  newBytes: number,
  work: WorkBudget,
): Uint8Array => {
  if (way === restWays.brotli) return unpackBrotli(coded, newBytes, old);
  if (way === restWays.difference) return decodeDifference(old, coded, newBytes, work);
  throw new DeltaError('patch-unknown', `unknown way ${way} of coding what is no code`);
};

const rewrittenBy = (
  reader: PayloadReader,
  old: Uint8Array,
  newBytes: number,
  work: WorkBudget,
): Uint8Array<ArrayBuffer> => {
  const size = reader.number();
  const packed = reader.take(reader.number());
  const max = mapsBytesMax(old.length, newBytes);
  if (size > max) throw new DeltaError('over-limit', `maps of ${size} bytes, between such files at most ${max}`);
  // Each byte may be a piece that every moved number is then looked up among.
  work.spend(2 * size);
  return rewriteModule(old, decodeMaps(unpackBrotli(packed, size), old.length, newBytes)).bytes;
};
