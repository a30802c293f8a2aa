import { immediate } from '../../wasm/immediates.ts';
import { alignTokens, type OnRun } from './alignment.ts';
import type { Pairing } from './pairing.ts';
import { lengthOf, type Profile } from './profile.ts';
import { similarity, type Triples } from './similarity.ts';

/** Aligns the instructions of a pair; `onRun` gets their places in the two profiles. */
export function alignPair(old: Profile, f: number, fresh: Profile, g: number, onRun: OnRun): void {
  alignTokens(old.loose, old.from[f]!, old.from[f + 1]!, fresh.loose, fresh.from[g]!, fresh.from[g + 1]!, onRun);
}

/**
 * Pairs functions that are called at the same places of functions already paired: each such place is a vote, and the
 * winner of both sides is taken when it is a little similar or has nothing to compare (an import).
 */
export function pairByVotes(old: Profile, fresh: Profile, a: Triples, b: Triples, pairing: Pairing): number {
  const votes = new Map<number, Map<number, number>>();
  for (let f = old.importedFunctions; f < old.functionCount; f++) {
    const g = pairing.toNew[f]!;
    if (g >= 0 && callsFree(old, f, pairing)) voteOnCalls(old, f, fresh, g, pairing, votes);
  }
  const ranked: { readonly f: number; readonly g: number; readonly count: number }[] = [];
  for (const [f, targets] of votes) for (const [g, count] of targets) ranked.push({ f, g, count });
  ranked.sort((x, y) => y.count - x.count || x.f - y.f || x.g - y.g);
  const before = pairing.count;
  for (const { f, g } of ranked) if (isPlausible(old, f, fresh, g, a, b)) pairing.pair(f, g);
  return pairing.count - before;
}

function callsFree(old: Profile, f: number, pairing: Pairing): boolean {
  for (let at = old.from[f]!; at < old.from[f + 1]!; at++) {
    if (old.kinds[at] === immediate.func && pairing.toNew[old.values[at]!] === -1) return true;
  }
  return false;
}

function voteOnCalls(
  old: Profile,
  f: number,
  fresh: Profile,
  g: number,
  pairing: Pairing,
  votes: Map<number, Map<number, number>>,
): void {
  alignPair(old, f, fresh, g, (i, j, length) => {
    for (let k = 0; k < length; k++) {
      if (old.kinds[i + k] !== immediate.func || fresh.kinds[j + k] !== immediate.func) continue;
      const callee = old.values[i + k]!;
      const other = fresh.values[j + k]!;
      if (callee >= old.functionCount || other >= fresh.functionCount || !pairing.isFree(callee, other)) continue;
      const targets = votes.get(callee) ?? new Map<number, number>();
      votes.set(callee, targets);
      targets.set(other, (targets.get(other) ?? 0) + 1);
    }
  });
}

function isPlausible(old: Profile, f: number, fresh: Profile, g: number, a: Triples, b: Triples): boolean {
  const imports = (f < old.importedFunctions ? 1 : 0) + (g < fresh.importedFunctions ? 1 : 0);
  if (imports > 0) return imports === 2 && old.signatures[f] === fresh.signatures[g];
  const shared = similarity(a, f, b, g);
  return shared >= (old.signatures[f] === fresh.signatures[g] && lengthOf(old, f) < 40 ? 0.1 : 0.25);
}
