import { type Shifts, shifted, tablesMax } from '../rewrite/maps.ts';
import { fitShifts, Votes } from './fit.ts';
import type { MemoryImage } from './memory.ts';
import { eachWord } from './regions.ts';

const blockBytes = 2048;
// A block counts as part of a table when this share of its words moved in a way that is not known yet.
const unknownShare = 0.2;
const costs = { pieceBits: 28, missBits: 9 };
// Words that a table must explain to be worth its map.
const explainedMin = 400;

interface Block {
  words: number;
  unknown: number;
}

/**
 * Finds parts of memory whose words follow a map of their own: tables of offsets or indices that a linker wrote (Go's
 * are the largest). Parts that hold such words next to each other are taken together.
 */
export function fitTables(old: MemoryImage, fresh: MemoryImage, placement: Shifts, constants: Shifts): Shifts[] {
  const known = (word: number): number => (word < old.memoryEnd ? shifted(constants, word) : word);
  const blocks: Block[] = Array.from({ length: Math.ceil(old.words.byteLength / blockBytes) }, () => ({
    words: 0,
    unknown: 0,
  }));
  eachWord(old, fresh, placement, (address, before, after) => {
    const block = blocks[Math.floor((address - old.start) / blockBytes)]!;
    block.words++;
    if (after !== before && after !== known(before)) block.unknown++;
  });
  const parts = partsOf(blocks);
  const votes = parts.map(() => new Votes());
  const partOfBlock = new Int32Array(blocks.length).fill(-1);
  for (const [i, { from, to }] of parts.entries()) partOfBlock.fill(i, from, to);
  eachWord(old, fresh, placement, (address, before, after) => {
    const part = partOfBlock[Math.floor((address - old.start) / blockBytes)]!;
    if (part >= 0) votes[part]!.add(before, after);
  });
  const tables = votes
    .map((own) => ({ shifts: fitShifts(own, costs), own }))
    .map(({ shifts, own }) => ({ shifts, gain: explained(own, shifts, known) }))
    .filter(({ shifts, gain }) => gain > explainedMin + shifts.starts.length * 5);
  tables.sort((a, b) => b.gain - a.gain);
  return tables.slice(0, tablesMax).map(({ shifts }) => shifts);
}

function partsOf(blocks: readonly Block[]): { readonly from: number; readonly to: number }[] {
  const parts: { from: number; to: number }[] = [];
  blocks.forEach(({ words, unknown }, i) => {
    if (unknown < 8 || unknown < words * unknownShare) return;
    const last = parts.at(-1);
    if (last !== undefined && i - last.to <= 2) last.to = i + 1;
    else parts.push({ from: i, to: i + 1 });
  });
  return parts;
}

function explained(votes: Votes, shifts: Shifts, known: (word: number) => number): number {
  let gain = 0;
  for (const [before, targets] of votes.byOld) {
    gain +=
      (targets.get(shifted(shifts, before)) ?? 0) - Math.max(targets.get(before) ?? 0, targets.get(known(before)) ?? 0);
  }
  return gain;
}
