import { type Regions, type Shifts, shifted, wordClass } from '../rewrite/maps.ts';
import type { Votes } from './fit.ts';
import type { MemoryImage } from './memory.ts';

// In bits: a new piece of the region map, a word that the right class predicts where the others do not.
const pieceBits = 22;
const wordBits = 9;

/** Adds what pointers in data say about where things went; `constants` is what is known so far. */
export function voteByWords(old: MemoryImage, fresh: MemoryImage, constants: Shifts, votes: Votes): void {
  eachWord(old, fresh, constants, (_, before, after) => {
    if (isInside(old, before) && isInside(fresh, after)) votes.add(before, after, 0.5);
  });
}

const isInside = ({ start, memoryEnd }: MemoryImage, word: number): boolean => word >= start && word < memoryEnd;

/** Which parts of the old memory hold addresses and which table slots, at the least cost (Viterbi over three states). */
export function fitRegions(old: MemoryImage, fresh: MemoryImage, constants: Shifts, slots: Shifts): Regions {
  const gains = [0, 0, 0];
  // For each piece that some state entered: where, as which class, and what came before it.
  const entries: { readonly start: number; readonly kind: number; readonly before: number }[] = [];
  const current = [-1, -1, -1];
  gains[1] = -pieceBits;
  gains[2] = -pieceBits;
  let first = true;
  const firstAddress = old.start;
  eachWord(old, fresh, constants, (address, before, after) => {
    const moved = before < old.memoryEnd ? shifted(constants, before) : before;
    const slot = shifted(slots, before);
    if (moved === before && slot === before) return;
    if (first) {
      for (const kind of [wordClass.address, wordClass.slot])
        current[kind] = entries.push({ start: firstAddress, kind, before: -1 }) - 1;
      first = false;
    }
    if (before === after) gains[0]! += wordBits;
    if (moved === after) gains[1]! += wordBits;
    if (slot === after) gains[2]! += wordBits;
    const best = gains.indexOf(Math.max(...gains));
    for (const kind of [0, 1, 2]) {
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

type OnWord = (address: number, before: number, after: number) => void;

// Words that differ, or would if they were moved, at places whose new address is known.
function eachWord(old: MemoryImage, fresh: MemoryImage, constants: Shifts, onWord: OnWord): void {
  const size = old.words.byteLength;
  const freshSize = fresh.words.byteLength;
  for (let at = 0; at + 4 <= size; at += 4) {
    const before = old.words.getUint32(at, true);
    if (before === 0) continue;
    const place = shifted(constants, old.start + at) - fresh.start;
    if (place < 0 || place + 4 > freshSize) continue;
    onWord(old.start + at, before, fresh.words.getUint32(place, true));
  }
}
