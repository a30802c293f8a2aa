import { increasing } from './alignment.ts';
import type { Pairing } from './pairing.ts';
import { lengthOf, type Profile } from './profile.ts';
import { similarity, type Triples, tooDifferent } from './similarity.ts';

// A gap of more combinations is left to other ways of pairing, which split it.
const combinationsMax = 400_000;
const similarityMin = 0.3;

/** Pairs functions by their place: linkers keep order, so what lies between two pairs is likely the same again. */
export function pairGaps(old: Profile, fresh: Profile, a: Triples, b: Triples, pairing: Pairing): void {
  let lastOld = old.importedFunctions - 1;
  let lastNew = fresh.importedFunctions - 1;
  const ends: [number, number][] = [...sharedOrder(old, pairing), [old.functionCount, fresh.functionCount]];
  for (const [f, g] of ends) {
    const left = freeBetween(pairing.toNew, lastOld + 1, f);
    const right = freeBetween(pairing.toOld, lastNew + 1, g);
    lastOld = f;
    lastNew = g;
    if (left.length > 0 && right.length > 0 && left.length * right.length <= combinationsMax) {
      pairGap(old, fresh, a, b, pairing, left, right);
    }
  }
}

function sharedOrder(old: Profile, pairing: Pairing): [number, number][] {
  const pairs: [number, number][] = [];
  for (let f = old.importedFunctions; f < old.functionCount; f++) {
    if (pairing.toNew[f]! >= 0) pairs.push([f, pairing.toNew[f]!]);
  }
  return increasing(pairs);
}

function freeBetween(taken: Int32Array, from: number, to: number): number[] {
  const free: number[] = [];
  for (let i = from; i < to; i++) if (taken[i] === -1) free.push(i);
  return free;
}

// The order-preserving pairing with the largest sum of shared instructions.
function pairGap(
  old: Profile,
  fresh: Profile,
  a: Triples,
  b: Triples,
  pairing: Pairing,
  left: readonly number[],
  right: readonly number[],
): void {
  const width = right.length + 1;
  const scores = new Float32Array((left.length + 1) * width);
  const gains = new Float32Array(left.length * right.length);
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      const gain = gainOf(old, left[i]!, fresh, right[j]!, a, b);
      gains[i * right.length + j] = gain;
      const skip = Math.max(scores[(i + 1) * width + j]!, scores[i * width + j + 1]!);
      scores[i * width + j] = gain > 0 ? Math.max(skip, scores[(i + 1) * width + j + 1]! + gain) : skip;
    }
  }
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const gain = gains[i * right.length + j]!;
    const here = scores[i * width + j]!;
    if (gain > 0 && here === Math.fround(scores[(i + 1) * width + j + 1]! + gain))
      pairing.pair(left[i++]!, right[j++]!);
    else if (here === scores[(i + 1) * width + j]!) i++;
    else j++;
  }
}

function gainOf(old: Profile, f: number, fresh: Profile, g: number, a: Triples, b: Triples): number {
  const sameSignature = old.signatures[f] === fresh.signatures[g];
  const least = sameSignature ? similarityMin : 0.5;
  if (tooDifferent(old, f, fresh, g, least)) return 0;
  const shared = similarity(a, f, b, g);
  if (shared < least) return 0;
  return (shared + (sameSignature ? 0.1 : 0)) * Math.sqrt(lengthOf(old, f) + lengthOf(fresh, g));
}
