/**
 * How numbers of the old module became numbers of the new one. Maps are guesses: where they are wrong the rewritten
 * module is a worse prediction, and nothing else happens.
 */
export interface Maps {
  /** How many functions the new module imports; these come first in `functions`. */
  readonly importedFunctions: number;
  /** For each function of the new module the old one it was matched with, or -1. */
  readonly functions: Int32Array;
  /** Old functions whose callers now mostly call another one than `functions` says. */
  readonly aliases: Aliases;
  /** For each type of the new module the old one, or -1. */
  readonly types: Int32Array;
  /** For each global of the new module the old one, or -1. */
  readonly globals: Int32Array;
  /** Constants and memory offsets. */
  readonly constants: Shifts;
  /** Positions in the table of functions. */
  readonly slots: Shifts;
  /** Numbers of the program's own tables in memory: offsets into something, indices of something. */
  readonly tables: readonly Shifts[];
  /** Which parts of the old memory hold words that moved along. */
  readonly regions: Regions;
}

/** Pairs of an old function and the new one that is called in its place; old ones increase. */
export interface Aliases {
  readonly old: Int32Array;
  readonly fresh: Int32Array;
}

/** A piecewise shift: numbers from `starts[i]` up to the next start move by `shifts[i]`, smaller ones stay. */
export interface Shifts {
  readonly starts: Float64Array;
  readonly shifts: Float64Array;
}

/** What the four-byte words of a part of memory are. */
export const wordClass = { raw: 0, address: 1, slot: 2, table: 3 } as const;
/** How many tables maps may have: a class is three or more by the index of its table. */
export const tablesMax = 13;

/** Parts of the old memory: from `starts[i]`, an address divisible by four, words are of `classes[i]`. */
export interface Regions {
  readonly starts: Float64Array;
  readonly classes: Uint8Array;
}

/** Index of the last start that is not behind `value`, or -1. */
export function pieceAt(starts: Float64Array, value: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Where a number of the old module is expected in the new one. */
export function shifted({ starts, shifts }: Shifts, value: number): number {
  const piece = pieceAt(starts, value);
  return piece < 0 ? value : value + shifts[piece]!;
}

/** The opposite direction of an index map: for each old index the first new one, or -1. */
export function inverted(map: Int32Array, oldCount: number): Int32Array {
  const inverse = new Int32Array(oldCount).fill(-1);
  for (let fresh = map.length - 1; fresh >= 0; fresh--) {
    const old = map[fresh]!;
    if (old >= 0 && old < oldCount) inverse[old] = fresh;
  }
  return inverse;
}
