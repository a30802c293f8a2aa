import type { Aliases } from '../rewrite/maps.ts';
import type { Evidence } from './evidence.ts';
import { fitIndices, Votes } from './fit.ts';
import type { Pairing } from './pairing.ts';
import type { Profile } from './profile.ts';

/** The type map: types that say the same first, then what instructions vote for. */
export function mapTypes(old: Profile, fresh: Profile, evidence: Evidence): Int32Array {
  const votes = evidence.types;
  const places = new Map<number, number[]>();
  old.typeHashes.forEach((hash, index) => {
    const list = places.get(hash);
    if (list === undefined) places.set(hash, [index]);
    else list.push(index);
  });
  fresh.typeHashes.forEach((hash, index) => {
    const before = places.get(hash)?.shift();
    if (before !== undefined) votes.add(before, index, certain);
  });
  return fitIndices(votes, old.typeHashes.length, fresh.typeHashes.length);
}

/** The global map: what instructions vote for, then the same index of the same type. */
export function mapGlobals(old: Profile, fresh: Profile, evidence: Evidence): Int32Array {
  const oldTypes = globalTypes(old);
  const newTypes = globalTypes(fresh);
  const votes = new Votes();
  for (const [before, targets] of evidence.globals.byOld) {
    for (const [after, count] of targets) if (oldTypes[before] === newTypes[after]) votes.add(before, after, count);
  }
  oldTypes.forEach((text, index) => {
    if (newTypes[index] === text) votes.add(index, index, 0.5);
  });
  return fitIndices(votes, oldTypes.length, newTypes.length);
}

// Calls by which another function must lead to be worth an entry.
const aliasLeadMin = 3;

/** Functions that are mostly called in the place of another one than they were paired with. */
export function findAliases(old: Profile, fresh: Profile, evidence: Evidence, pairing: Pairing): Aliases {
  const found: [number, number][] = [];
  for (const [f, targets] of evidence.functions.byOld) {
    if (f >= old.functionCount) continue;
    const paired = pairing.toNew[f]!;
    let best = paired;
    let lead = aliasLeadMin - 1;
    for (const [g, count] of targets) {
      const ahead = count - (targets.get(paired) ?? 0);
      if (g === paired || ahead <= lead || g >= fresh.functionCount) continue;
      best = g;
      lead = ahead;
    }
    // A function without a pair keeps its number.
    if (best !== paired && best !== (paired < 0 ? f : paired)) found.push([f, best]);
  }
  found.sort((a, b) => a[0] - b[0]);
  return { old: Int32Array.from(found, ([f]) => f), fresh: Int32Array.from(found, ([, g]) => g) };
}

const certain = 1e9;

function globalTypes({ contents }: Profile): string[] {
  const imported = contents.imports.flatMap(({ type }) => (type.kind === 'global' ? [type.global] : []));
  return [...imported, ...contents.globals.map(({ type }) => type)].map((type) => JSON.stringify(type));
}

/** Where each position of the function table went: known where one function stands at one place in both. */
export function slotVotes(
  old: Profile,
  fresh: Profile,
  pairing: Pairing,
  slotsOf: (p: Profile) => Map<number, number>,
): Votes {
  const votes = new Votes();
  const placeOfNew = new Map<number, number>();
  for (const [slot, g] of slotsOf(fresh)) placeOfNew.set(g, placeOfNew.has(g) ? -1 : slot);
  for (const [slot, f] of slotsOf(old)) {
    const after = placeOfNew.get(pairing.toNew[f] ?? -1);
    if (after !== undefined && after >= 0) votes.add(slot, after);
  }
  return votes;
}
