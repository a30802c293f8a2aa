import { applyDelta } from '../../artifact/delta/apply.ts';
import { DeltaError } from '../../artifact/delta/error.ts';
import { type DeltaMethod, readHeader } from '../../artifact/delta/format.ts';
import { deltaLimits } from '../../artifact/delta/limits.ts';
import { unboundedWork } from '../../artifact/delta/work.ts';
import { allAgainstLargest, emptyBlocks, emptyStretches, fullMaps, plainStream } from './bombs.ts';
import { type Patch, patchOf } from './honest.ts';
import { rewrittenOld, steeredBodies, steeredDifference } from './steered-patches.ts';

/** How often a steered decoder is led the unlikely way. */
const rates = [0, 0.0005, 0.003, 0.01, 0.03, 0.1, 0.3];
const seeds = 3;
/** The dearest that are kept of a search. */
const kept = 2;

/** Chance from a seed: the same patches in every run. */
export function chanceOf(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

interface Tried extends Patch {
  readonly cost: number;
}

/** Processor time of decoding a patch in this process, warm. */
function costOf(old: Uint8Array, patch: Uint8Array): number {
  const before = process.cpuUsage();
  try {
    applyDelta(old, patch, deltaLimits, undefined, unboundedWork());
  } catch (error) {
    if (!(error instanceof DeltaError)) throw error;
  }
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const dearest = (tried: readonly Tried[]): readonly Patch[] => tried.toSorted((a, b) => b.cost - a.cost).slice(0, kept);

/** Of exactly this length: what is missing is filled up with zeros, which no decoder reads. */
function ofLength(patch: Uint8Array, length: number): Uint8Array {
  const whole = new Uint8Array(length);
  whole.set(patch.subarray(0, length));
  return whole;
}

/** Patches of a length, between the same files, that are made to cost as much as can be. */
export function* hostilePatches(
  old: Uint8Array,
  fresh: Uint8Array,
  honest: readonly Patch[],
  length: number,
  searchMs: number,
): Generator<Patch> {
  const newBytes = fresh.length;
  const made = (name: string, method: DeltaMethod, payload: Uint8Array): Patch => ({
    name,
    bytes: ofLength(patchOf(method, old, fresh, payload), length),
  });
  const payloadBytes = length - patchOf('same', old, fresh, new Uint8Array()).length;
  yield made('zeros', 'brotli', plainStream(newBytes));
  yield made('empty blocks', 'brotli', emptyBlocks(payloadBytes));
  yield made('zeros', 'dictionary', plainStream(newBytes));
  yield made('empty stretches', 'difference', emptyStretches(newBytes));
  for (const { name, payload } of fullMaps(old, newBytes)) yield made(`maps of ${name}`, 'light', payload);
  const lengths = { old, newBytes, payloadBytes };
  const led = (one: (surprise: () => boolean) => Uint8Array, name: string, method: DeltaMethod): readonly Patch[] =>
    dearest(
      rates.flatMap((rate) =>
        Array.from({ length: seeds }, (_, seed) => {
          const chance = chanceOf(seed);
          const patch = made(
            `${name}, ${rate} unlikely`,
            method,
            one(() => chance() < rate),
          );
          return { ...patch, cost: costOf(old, patch.bytes) };
        }),
      ),
    );
  yield* led((surprise) => steeredDifference(lengths, surprise), 'steered bytes', 'difference');
  const rewritings = honest.filter(({ bytes }) => readHeader(bytes).method === 'rewritten').slice(0, 1);
  for (const { bytes } of rewritings) {
    const rewritten = rewrittenOld(old, newBytes, bytes.subarray(readHeader(bytes).payloadStart));
    yield made('all against the largest', 'rewritten', allAgainstLargest(rewritten, newBytes));
    yield* led((surprise) => steeredBodies(lengths, rewritten, surprise), 'steered bodies', 'rewritten');
  }
  yield* searched(old, honest, length, searchMs);
}

/** Honest patches changed bit by bit, a change kept where the patch got dearer. */
function searched(old: Uint8Array, honest: readonly Patch[], length: number, searchMs: number): readonly Patch[] {
  const chance = chanceOf(length);
  return honest.map(({ name, bytes }) => {
    let best: Tried = { name: `${name}, mutated`, bytes: ofLength(bytes, length), cost: 0 };
    const { payloadStart } = readHeader(bytes);
    const until = Date.now() + searchMs / honest.length;
    while (Date.now() < until) {
      const next = Uint8Array.from(best.bytes);
      for (let left = 1 + 3 * chance(); left > 0; left--) {
        const at = payloadStart + Math.floor(chance() * (length - payloadStart));
        next[at] = chance() < 0.5 ? next[at]! ^ (1 << Math.floor(chance() * 8)) : Math.floor(chance() * 256);
      }
      const cost = costOf(old, next);
      if (cost > best.cost) best = { ...best, bytes: next, cost };
    }
    return best;
  });
}
