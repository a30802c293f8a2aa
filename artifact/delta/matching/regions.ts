import { type Regions, type Shifts, shifted } from '../rewrite/maps.ts';
import type { Votes } from './fit.ts';
import type { MemoryImage } from './memory.ts';

// In bits: a new piece of the region map, a word that the right class predicts where the others do not.
const pieceBits = 22;
const wordBits = 9;

/** Adds what pointers in data say about where things went. */
export function voteByWords(old: MemoryImage, fresh: MemoryImage, placement: Shifts, votes: Votes): void {
  eachWord(old, fresh, placement, (_, before, after) => {
    if (isInside(old, before) && isInside(fresh, after)) votes.add(before, after, 0.5);
  });
}

const isInside = ({ start, memoryEnd }: MemoryImage, word: number): boolean => word >= start && word < memoryEnd;

/**
 * Which parts of the old memory hold which words, at the least cost (Viterbi): a state is a class, raw first, then one
 * for each of `maps` (addresses, slots, tables).
 */
export function fitRegions(old: MemoryImage, fresh: MemoryImage, placement: Shifts, maps: readonly Shifts[]): Regions {
  const gains = [0, ...maps.map(() => -pieceBits)];
  // For each piece that some state entered: where, as which class, and what came before it.
  const entries = maps.map((_, i) => ({ start: old.start, kind: i + 1, before: -1 }));
  const current = gains.map((_, i) => i - 1);
  const guesses = gains.map(() => 0);
  eachWord(old, fresh, placement, (address, before, after) => {
    let moves = false;
    maps.forEach((map, i) => {
      const guess = i > 0 || before < old.memoryEnd ? shifted(map, before) : before;
      guesses[i + 1] = guess;
      if (guess !== before) moves = true;
    });
    if (!moves) return;
    guesses[0] = before;
    let best = 0;
    for (let kind = 0; kind < gains.length; kind++) {
      if (guesses[kind] === after) gains[kind]! += wordBits;
      if (gains[kind]! > gains[best]!) best = kind;
    }
    for (let kind = 0; kind < gains.length; kind++) {
      if (gains[kind]! >= gains[best]! - pieceBits) continue;
      gains[kind] = gains[best]! - pieceBits;
      current[kind] = entries.push({ start: address + 4, kind, before: current[best]! }) - 1;
    }
  });
  return regionsOf(entries, current[gains.indexOf(Math.max(...gains))]!);
}

function regionsOf(entries: readonly { start: number; kind: number; before: number }[], end: number): Regions {
  const starts: number[] = [];
  const classes: number[] = [];
  for (let i = end; i >= 0; i = entries[i]!.before) {
    const { start, kind } = entries[i]!;
    if (starts.length > 0 && starts.at(-1) === start) continue;
    starts.push(start);
    classes.push(kind);
  }
  return { starts: Float64Array.from(starts.reverse()), classes: Uint8Array.from(classes.reverse()) };
}

/** Told of a word: its address in the old memory, what it was and what stands there now. */
export type OnWord = (address: number, before: number, after: number) => void;

/** Calls for each word of the old memory that is not zero and has a place in the new one. */
export function eachWord(old: MemoryImage, fresh: MemoryImage, placement: Shifts, onWord: OnWord): void {
  const size = old.words.byteLength;
  const freshSize = fresh.words.byteLength;
  for (let at = 0; at + 4 <= size; at += 4) {
    const before = old.words.getUint32(at, true);
    if (before === 0) continue;
    const place = shifted(placement, old.start + at) - fresh.start;
    if (place < 0 || place + 4 > freshSize) continue;
    onWord(old.start + at, before, fresh.words.getUint32(place, true));
  }
}
