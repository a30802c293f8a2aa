import { Predictor } from '../coding/predictor.ts';
import { BitDecoder, BitEncoder } from '../coding/range.ts';
import { DeltaError } from '../error.ts';
import { partWorkMax } from '../limits.ts';
import { unboundedWork, type WorkBudget } from '../work.ts';
import { ByteCodec, byteSets } from './byte-codec.ts';
import { planStretches, type Stretch } from './plan.ts';
import { packStreams, unpackStreams } from './streams.ts';

/*
A difference, byte by byte: 0 and then coded decisions, or 1 and then streams (see streams.ts), whichever is smaller.

Coded decisions: one stream of coded decisions until the new file is complete. For each stretch: its
length, where it starts in the old file less where the last one left off, its bytes (whether the next 32 are the old
ones, else byte by byte whether it is the old one, else which), then how many new bytes follow, and these.
*/

/** Bits of the table of counters, four bytes each. */
export const counterBits = 18;
/** Bytes that are coded one by one; a file with more of them takes a weak device too long. */
const slowBytesMax = 600_000;
/** Larger files are not tried as streams: it takes long and the decisions win. */
const streamsBytesMax = 4_000_000;

const ways = { coded: 0, streams: 1 } as const;

/** The new file coded against the old one; undefined where most of it is new and it would be slow. */
export const encodeDifference = (old: Uint8Array, fresh: Uint8Array): Uint8Array | undefined => {
  const plan = planStretches(old, fresh);
  if (plan.reduce((sum, stretch) => sum + stretch.fresh, 0) > slowBytesMax) return undefined;
  const coded = encodeDecisions(old, fresh, plan);
  const streams = fresh.length < streamsBytesMax ? packStreams(old, fresh, plan) : undefined;
  if (streams === undefined || (coded !== undefined && coded.length <= streams.length)) return under(ways.coded, coded);
  return under(ways.streams, streams);
};

const under = (way: number, bytes: Uint8Array | undefined): Uint8Array | undefined =>
  bytes && Uint8Array.from(Buffer.concat([Buffer.of(way), bytes]));

/** Undefined where a decoder would give up: new bytes that compress to nearly nothing take time all the same. */
const encodeDecisions = (old: Uint8Array, fresh: Uint8Array, plan: readonly Stretch[]): Uint8Array | undefined => {
  const bytes = new Uint8Array(old.length + fresh.length);
  bytes.set(old);
  bytes.set(fresh, old.length);
  const encoder = new BitEncoder();
  const work = unboundedWork();
  const predictor = new Predictor(encoder, counterBits, byteSets.total, work);
  new ByteCodec(predictor, bytes, old.length, bytes.length).code(plan);
  const coded = encoder.finish();
  return work.spent > partWorkMax(fresh.length, coded.length) ? undefined : coded;
};

/** The new file from the old one and what `encodeDifference` gave. */
export const decodeDifference = (
  old: Uint8Array,
  coded: Uint8Array,
  newBytes: number,
  work: WorkBudget,
): Uint8Array => {
  const way = coded[0];
  if (way === ways.streams) return unpackStreams(old, coded.subarray(1), newBytes, work);
  if (way !== ways.coded) throw new DeltaError('patch-corrupt', 'an unknown kind of difference');
  const bytes = new Uint8Array(old.length + newBytes);
  bytes.set(old);
  const predictor = new Predictor(new BitDecoder(coded.subarray(1)), counterBits, byteSets.total, work);
  new ByteCodec(predictor, bytes, old.length, bytes.length).code(undefined);
  return bytes.subarray(old.length);
};
