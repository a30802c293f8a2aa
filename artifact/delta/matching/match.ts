import { WasmError } from '../../wasm/error.ts';
import type { Maps } from '../rewrite/maps.ts';
import { coreModuleOf } from '../rewrite/nesting.ts';
import { bodyHashes, pairAlongCalls, pairUniqueBodies } from './bodies.ts';
import { pairByVotes } from './callees.ts';
import { gatherEvidence } from './evidence.ts';
import { fitShifts } from './fit.ts';
import { pairGaps } from './gaps.ts';
import { findAliases, mapGlobals, mapTypes, slotVotes } from './indices.ts';
import { memoryImage, tableSlots } from './memory.ts';
import { pairByName, pairByNameSection } from './names.ts';
import { Pairing } from './pairing.ts';
import { placeMemory, voteBySegments } from './placement.ts';
import { type Profile, profileModule } from './profile.ts';
import { fitRegions, voteByWords } from './regions.ts';
import { triplesOf } from './similarity.ts';
import { pairStrangers } from './strangers.ts';
import { pairAlongTable } from './table.ts';
import { fitTables } from './tables.ts';

/** How hard to look: `fast` leaves out what pays little. */
export type MatchEffort = 'fast' | 'balanced' | 'smallest';

/** Finds out how numbers of the old module became numbers of the new one; undefined where one has no core module. */
export function matchModules(oldBytes: Uint8Array, newBytes: Uint8Array, effort: MatchEffort): Maps | undefined {
  const old = openProfile(oldBytes);
  const fresh = old && openProfile(newBytes);
  return old && fresh ? matchProfiles(old, fresh, effort) : undefined;
}

function openProfile(bytes: Uint8Array): Profile | undefined {
  try {
    const nested = coreModuleOf(bytes);
    return nested && profileModule(nested.binary);
  } catch (error) {
    if (error instanceof WasmError) return undefined;
    throw error;
  }
}

function matchProfiles(old: Profile, fresh: Profile, effort: MatchEffort): Maps {
  const oldHashes = bodyHashes(old);
  const newHashes = bodyHashes(fresh);
  const pairing = pairFunctions(old, fresh, oldHashes, newHashes, effort);
  const evidence = gatherEvidence(old, fresh, oldHashes, newHashes, pairing);
  const slots = fitShifts(slotVotes(old, fresh, pairing, tableSlots), slotCosts);
  let constants = fitShifts(evidence.constants, constantCosts);
  const oldImage = memoryImage(old);
  const newImage = oldImage && memoryImage(fresh);
  let tables: Maps['tables'] = [];
  let regions: Maps['regions'] = { starts: new Float64Array(), classes: new Uint8Array() };
  if (oldImage && newImage) {
    const placement = placeMemory(oldImage, newImage, evidence.constants);
    voteBySegments(oldImage, newImage, placement, evidence.constants);
    voteByWords(oldImage, newImage, placement, evidence.constants);
    constants = fitShifts(evidence.constants, constantCosts);
    tables = fitTables(oldImage, newImage, placement, constants);
    regions = fitRegions(oldImage, newImage, placement, [constants, slots, ...tables]);
  }
  return {
    importedFunctions: fresh.importedFunctions,
    functions: pairing.toOld,
    aliases: findAliases(old, fresh, evidence, pairing),
    types: mapTypes(old, fresh, evidence),
    globals: mapGlobals(old, fresh, evidence),
    constants,
    slots,
    tables,
    regions,
  };
}

const constantCosts = { pieceBits: 24, missBits: 14 };
const slotCosts = { pieceBits: 24, missBits: 10 };
// Similarities: where two bodies are surely the same function, wherever it stands; where they may well be.
const alike = 0.6;
const akin = 0.45;
const roundsOf = { fast: 1, balanced: 3, smallest: 5 } as const;

function pairFunctions(
  old: Profile,
  fresh: Profile,
  oldHashes: Float64Array,
  newHashes: Float64Array,
  effort: MatchEffort,
): Pairing {
  const pairing = new Pairing(old.functionCount, fresh.functionCount);
  const seen = new Uint8Array(old.functionCount);
  const alongCalls = (): void => pairAlongCalls(old, fresh, oldHashes, newHashes, pairing, seen);
  pairByName(old, fresh, pairing, false);
  pairByNameSection(old, fresh, pairing);
  pairUniqueBodies(oldHashes, newHashes, pairing);
  alongCalls();
  pairUniqueBodies(oldHashes, newHashes, pairing);
  pairAlongTable(tableSlots(old), tableSlots(fresh), oldHashes, newHashes, pairing);
  alongCalls();
  const a = triplesOf(old);
  const b = triplesOf(fresh);
  for (let round = 0; round < roundsOf[effort]; round++) {
    const before = pairing.count;
    pairStrangers(old, fresh, a, b, pairing, alike);
    alongCalls();
    pairGaps(old, fresh, a, b, pairing);
    alongCalls();
    pairByVotes(old, fresh, a, b, pairing);
    pairStrangers(old, fresh, a, b, pairing, akin);
    if (pairing.count === before) break;
  }
  pairByName(old, fresh, pairing, true);
  return pairing;
}
