import { immediate } from '../../wasm/immediates.ts';
import type { Pairing } from './pairing.ts';
import { lengthOf, mix, type Profile } from './profile.ts';

/** Two hashes of each body: what it does, with and without locals and labels; 0 for imports. */
export function bodyHashes({ from, strict, functionCount, importedFunctions, signatures }: Profile): Float64Array {
  const hashes = new Float64Array(functionCount);
  for (let f = importedFunctions; f < functionCount; f++) {
    let low = signatures[f]!;
    let high = 7;
    for (let at = from[f]!; at < from[f + 1]!; at++) {
      low = mix(low, strict[at]!);
      high = mix(high + at - from[f]!, strict[at]!);
    }
    hashes[f] = (high & 0x1fffff) * 2 ** 32 + (low >>> 0) + 1;
  }
  return hashes;
}

/** Pairs bodies that are equal but for moved numbers, where each module has one of them. */
export function pairUniqueBodies(old: Float64Array, fresh: Float64Array, pairing: Pairing): void {
  const inOld = uniquePlaces(old, pairing.toNew);
  for (const [hash, g] of uniquePlaces(fresh, pairing.toOld)) {
    const f = inOld.get(hash);
    if (g >= 0 && f !== undefined && f >= 0) pairing.pair(f, g);
  }
}

function uniquePlaces(hashes: Float64Array, taken: Int32Array): Map<number, number> {
  const places = new Map<number, number>();
  for (let f = 0; f < hashes.length; f++) {
    const hash = hashes[f]!;
    if (hash !== 0 && taken[f] === -1) places.set(hash, places.has(hash) ? -1 : f);
  }
  return places;
}

/**
 * Follows calls from pairs whose bodies are equal: what stands at the same place is the same function, if it is equal
 * too. Works through a queue until nothing is added.
 */
export function pairAlongCalls(
  old: Profile,
  fresh: Profile,
  oldHashes: Float64Array,
  newHashes: Float64Array,
  pairing: Pairing,
  seen: Uint8Array,
): void {
  const queue: number[] = [];
  for (let f = 0; f < old.functionCount; f++) if (pairing.toNew[f]! >= 0 && seen[f] === 0) queue.push(f);
  for (let f = queue.pop(); f !== undefined; f = queue.pop()) {
    const g = pairing.toNew[f]!;
    if (seen[f] === 1 || oldHashes[f] !== newHashes[g] || lengthOf(old, f) !== lengthOf(fresh, g)) continue;
    seen[f] = 1;
    const distance = fresh.from[g]! - old.from[f]!;
    for (let at = old.from[f]!; at < old.from[f + 1]!; at++) {
      if (old.kinds[at] !== immediate.func || fresh.kinds[at + distance] !== immediate.func) continue;
      const callee = old.values[at]!;
      const other = fresh.values[at + distance]!;
      if (callee >= old.functionCount || other >= fresh.functionCount) continue;
      if (oldHashes[callee] === newHashes[other] && oldHashes[callee] !== 0 && pairing.pair(callee, other)) {
        queue.push(callee);
      }
    }
  }
}
