import { immediate } from '../../wasm/immediates.ts';
import { alignPair } from './callees.ts';
import { Votes } from './fit.ts';
import type { Pairing } from './pairing.ts';
import { lengthOf, type Profile } from './profile.ts';

/** What paired functions say about the other maps. */
export interface Evidence {
  /** What is called at the same places. */
  readonly functions: Votes;
  readonly types: Votes;
  readonly globals: Votes;
  readonly constants: Votes;
}

const { func, type, global, i32, i64, offset, blockType, heapType } = immediate;

/** Compares all pairs of functions, instruction by instruction. */
export function gatherEvidence(
  old: Profile,
  fresh: Profile,
  oldHashes: Float64Array,
  newHashes: Float64Array,
  pairing: Pairing,
): Evidence {
  const evidence: Evidence = {
    functions: new Votes(),
    types: new Votes(),
    globals: new Votes(),
    constants: new Votes(),
  };
  const onRun = (i: number, j: number, length: number): void => addRun(old, i, fresh, j, length, evidence);
  for (let f = old.importedFunctions; f < old.functionCount; f++) {
    const g = pairing.toNew[f]!;
    if (g < fresh.importedFunctions) continue;
    if (oldHashes[f] === newHashes[g] && lengthOf(old, f) === lengthOf(fresh, g)) {
      onRun(old.from[f]!, fresh.from[g]!, lengthOf(old, f));
    } else {
      alignPair(old, f, fresh, g, onRun);
    }
  }
  return evidence;
}

function addRun(old: Profile, i: number, fresh: Profile, j: number, length: number, evidence: Evidence): void {
  for (let k = 0; k < length; k++) {
    const kind = old.kinds[i + k]!;
    if (kind === 0 || fresh.kinds[j + k] !== kind) continue;
    const before = old.values[i + k]!;
    const after = fresh.values[j + k]!;
    if (kind === i32 || kind === i64 || kind === offset) evidence.constants.add(before, after);
    else if (kind === func) evidence.functions.add(before, after);
    else if (kind === global) evidence.globals.add(before, after);
    else if (kind === type || kind === blockType || kind === heapType) evidence.types.add(before, after);
  }
}
