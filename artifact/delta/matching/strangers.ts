import type { Pairing } from './pairing.ts';
import { lengthOf, type Profile } from './profile.ts';
import { similarity, type Triples, tooDifferent } from './similarity.ts';

// A triple of instructions in more functions than this says nothing about one.
const commonTriple = 12;
const candidatesMax = 6;
const lengthMin = 6;

/**
 * Pairs functions that moved and changed: candidates share rare triples of instructions, the most similar win, down to
 * a similarity of `least`.
 */
export function pairStrangers(
  old: Profile,
  fresh: Profile,
  a: Triples,
  b: Triples,
  pairing: Pairing,
  least: number,
): void {
  const places = rareTriples(fresh, b, pairing.toOld);
  const found: { readonly f: number; readonly g: number; readonly shared: number }[] = [];
  const counts = new Map<number, number>();
  for (let f = old.importedFunctions; f < old.functionCount; f++) {
    if (pairing.toNew[f] !== -1 || lengthOf(old, f) < lengthMin) continue;
    counts.clear();
    for (let at = a.from[f]!; at < a.from[f + 1]!; at++) {
      for (const g of places.get(a.hashes[at]!) ?? []) counts.set(g, (counts.get(g) ?? 0) + 1);
    }
    const best = [...counts].sort((x, y) => y[1] - x[1] || x[0] - y[0]).slice(0, candidatesMax);
    for (const [g] of best) {
      if (tooDifferent(old, f, fresh, g, least)) continue;
      const shared = similarity(a, f, b, g);
      const proof = shared + (old.signatures[f] === fresh.signatures[g] ? 0.1 : 0);
      if (proof >= least) found.push({ f, g, shared: proof });
    }
  }
  found.sort((x, y) => y.shared - x.shared || x.f - y.f || x.g - y.g);
  for (const { f, g } of found) pairing.pair(f, g);
}

function rareTriples(profile: Profile, triples: Triples, taken: Int32Array): Map<number, number[]> {
  const places = new Map<number, number[]>();
  for (let g = profile.importedFunctions; g < profile.functionCount; g++) {
    if (taken[g] !== -1 || lengthOf(profile, g) < lengthMin) continue;
    let before = -1;
    for (let at = triples.from[g]!; at < triples.from[g + 1]!; at++) {
      const hash = triples.hashes[at]!;
      if (hash === before) continue;
      before = hash;
      const list = places.get(hash);
      if (list === undefined) places.set(hash, [g]);
      else if (list.length <= commonTriple) list.push(g);
    }
  }
  for (const [hash, list] of places) if (list.length > commonTriple) places.delete(hash);
  return places;
}
