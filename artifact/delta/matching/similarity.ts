import { lengthOf, mix, type Profile } from './profile.ts';

/** Overlapping triples of instructions of each function, sorted, so that what two functions share is one merge. */
export interface Triples {
  readonly from: Uint32Array;
  readonly hashes: Uint32Array;
}

/** Prepares the comparison of functions by content. */
export function triplesOf(profile: Profile): Triples {
  const { loose, kinds, values, from } = profile;
  const hashes = new Uint32Array(loose.length);
  for (let f = 0; f < profile.functionCount; f++) {
    const end = from[f + 1]!;
    for (let at = from[f]!; at < end; at++) {
      // A small constant says much about what a function does, though a compiler may change it.
      const own = kinds[at] === 12 && values[at]! < 1024 ? mix(loose[at]!, values[at]!) : loose[at]!;
      hashes[at] = mix(mix(own, at + 1 < end ? loose[at + 1]! : 0), at + 2 < end ? loose[at + 2]! : 0);
    }
    hashes.subarray(from[f]!, end).sort();
  }
  return { from, hashes };
}

/** How much two functions share, from 0 to 1: twice the common triples by all triples. */
export function similarity(a: Triples, f: number, b: Triples, g: number): number {
  let i = a.from[f]!;
  let j = b.from[g]!;
  const iEnd = a.from[f + 1]!;
  const jEnd = b.from[g + 1]!;
  const total = iEnd - i + jEnd - j;
  let common = 0;
  while (i < iEnd && j < jEnd) {
    const left = a.hashes[i]!;
    const right = b.hashes[j]!;
    if (left === right) common++;
    if (left <= right) i++;
    if (right <= left) j++;
  }
  return total === 0 ? 0 : (2 * common) / total;
}

/** Whether the lengths alone rule out a similarity of at least `least`. */
export function tooDifferent(old: Profile, f: number, fresh: Profile, g: number, least: number): boolean {
  const a = lengthOf(old, f);
  const b = lengthOf(fresh, g);
  return 2 * Math.min(a, b) < least * (a + b);
}
