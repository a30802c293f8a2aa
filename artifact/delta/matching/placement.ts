import { type Shifts, shifted } from '../rewrite/maps.ts';
import { alignTokens } from './alignment.ts';
import { fitShifts, Votes } from './fit.ts';
import type { MemoryImage } from './memory.ts';
import { mix } from './profile.ts';

const windowBytes = 16;
// Shorter runs of segments are alike by chance.
const layoutRunMin = 6;
const costs = { pieceBits: 20, missBits: 4 };

/**
 * Where each part of the old memory lies in the new one, by content: windows of sixteen bytes that occur once are
 * anchors, and so is what code and pointers say. Used to compare words that moved; no map of the patch.
 */
export function placeMemory(old: MemoryImage, fresh: MemoryImage, constants: Votes): Shifts {
  const votes = new Votes();
  const oldEnd = old.start + old.words.byteLength;
  for (const [before, targets] of constants.byOld) {
    if (before < old.start || before >= oldEnd) continue;
    for (const [after, count] of targets) votes.add(before, after, Math.min(count, 4));
  }
  const anchors = uniqueWindows(old);
  const { words } = fresh;
  const seen = new Map<number, number>();
  for (let at = 0; at + windowBytes <= words.byteLength; at++) {
    const hash = windowHash(words, at);
    const from = hash === 0 ? undefined : anchors.get(hash);
    if (from !== undefined && from >= 0) seen.set(from, seen.has(from) ? -1 : at);
  }
  for (const [from, at] of seen) if (at >= 0) votes.add(old.start + from, fresh.start + at);
  voteByLayout(old, fresh, votes);
  return fitShifts(votes, costs);
}

// Segments follow each other at the same distances even where all that they hold has changed: linkers leave out zeros.
function voteByLayout(old: MemoryImage, fresh: MemoryImage, votes: Votes): void {
  const [a, b] = [layoutOf(old), layoutOf(fresh)];
  alignTokens(a, 0, a.length, b, 0, b.length, (i, j, length) => {
    if (length < layoutRunMin) return;
    for (let k = 0; k < length; k++) votes.add(old.segments[i + k]!.address, fresh.segments[j + k]!.address);
  });
}

function layoutOf({ segments }: MemoryImage): Uint16Array {
  return Uint16Array.from(segments, ({ address, size }, i) =>
    mix(mix(1, size), address - (segments[i - 1]?.address ?? address)),
  );
}

/** Adds where segments begin: their places are written out in the data section. */
export function voteBySegments(old: MemoryImage, fresh: MemoryImage, placement: Shifts, votes: Votes): void {
  const begins = new Set(fresh.segments.map(({ address }) => address));
  for (const { address } of old.segments) {
    const place = shifted(placement, address);
    if (begins.has(place)) votes.add(address, place);
  }
}

function uniqueWindows({ words }: MemoryImage): Map<number, number> {
  const places = new Map<number, number>();
  for (let at = 0; at + windowBytes <= words.byteLength; at += windowBytes) {
    const hash = windowHash(words, at);
    if (hash !== 0) places.set(hash, places.has(hash) ? -1 : at);
  }
  return places;
}

// 0 for a window that is mostly zeros, which is no evidence.
function windowHash(words: DataView, at: number): number {
  const a = words.getInt32(at, true);
  const b = words.getInt32(at + 4, true);
  const c = words.getInt32(at + 8, true);
  const d = words.getInt32(at + 12, true);
  if ((a === 0 ? 1 : 0) + (b === 0 ? 1 : 0) + (c === 0 ? 1 : 0) + (d === 0 ? 1 : 0) > 2) return 0;
  const low = Math.imul(Math.imul(a, 0x9e3779b1) ^ b, 0x85ebca6b) ^ (c >>> 7);
  const high = Math.imul(Math.imul(c, 0xc2b2ae35) ^ d, 0x27d4eb2f) ^ (a >>> 9);
  return ((high ^ (high >>> 13)) & 0x1fffff) * 2 ** 32 + ((low ^ (low >>> 15)) >>> 0);
}
