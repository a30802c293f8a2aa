import { mixHash } from '../coding/predictor.ts';
import type { OldBody } from './old-body.ts';
import { hashBytes } from './value-memory.ts';

/*
Which instruction of the old body each instruction of the new one stands for. First what both have at their ends, then
runs that occur once in each (a longest increasing chain of them), then, in the gaps between, the cheapest way by a table
of costs: an equal instruction, the same opcode with other numbers, another opcode, one inserted, one removed.
*/

const cellsMax = 4_000_000;
const cost = { equal: 0, sameOpcode: 5, otherOpcode: 16, insert: 14, remove: 3, gap: 6 } as const;

type Code = { readonly total: number; readonly opcodes: Uint16Array; readonly hashes: Int32Array };

/** The hashes of a body's instructions, beside its opcodes. */
export const codeOf = (body: OldBody): Code => ({
  total: body.total,
  opcodes: body.opcodes.slice(0, body.total),
  hashes: Int32Array.from({ length: body.total }, (_, at) =>
    hashBytes(body.bytes, body.starts[at]!, body.starts[at + 1]!, 1),
  ),
});

/** For each instruction of the new body the index of the old one it is aligned with, −1 for none; the indices grow. */
export const align = (old: Code, fresh: Code): Int32Array => {
  const plan = new Int32Array(fresh.total).fill(-1);
  alignRange(old, fresh, 0, old.total, 0, fresh.total, plan, 0);
  return plan;
};

const alignRange = (
  old: Code,
  fresh: Code,
  oldFrom: number,
  oldTo: number,
  newFrom: number,
  newTo: number,
  plan: Int32Array,
  depth: number,
): void => {
  while (oldFrom < oldTo && newFrom < newTo && old.hashes[oldFrom] === fresh.hashes[newFrom])
    plan[newFrom++] = oldFrom++;
  while (oldFrom < oldTo && newFrom < newTo && old.hashes[oldTo - 1] === fresh.hashes[newTo - 1])
    plan[--newTo] = --oldTo;
  if (oldFrom >= oldTo || newFrom >= newTo) return;
  if ((oldTo - oldFrom) * (newTo - newFrom) <= cellsMax / (depth > 0 ? 1 : 16)) {
    alignByCost(old, fresh, oldFrom, oldTo, newFrom, newTo, plan);
    return;
  }
  const chain = depth < 4 ? anchors(old, fresh, oldFrom, oldTo, newFrom, newTo, depth) : [];
  if (chain.length === 0) {
    alignHalves(old, fresh, oldFrom, oldTo, newFrom, newTo, plan, depth);
    return;
  }
  for (const [oldAt, newAt] of [...chain, [oldTo, newTo] as const]) {
    alignRange(old, fresh, oldFrom, oldAt, newFrom, newAt, plan, depth + 1);
    if (newAt < newTo) plan[newAt] = oldAt;
    oldFrom = oldAt + 1;
    newFrom = newAt + 1;
  }
};

// Without anchors a long gap is cut in the middle of both sides: worse, but bounded.
const alignHalves = (
  old: Code,
  fresh: Code,
  oldFrom: number,
  oldTo: number,
  newFrom: number,
  newTo: number,
  plan: Int32Array,
  depth: number,
): void => {
  const oldAt = (oldFrom + oldTo) >> 1;
  const newAt = (newFrom + newTo) >> 1;
  alignRange(old, fresh, oldFrom, oldAt, newFrom, newAt, plan, depth + 1);
  alignRange(old, fresh, oldAt, oldTo, newAt, newTo, plan, depth + 1);
};

const anchors = (
  old: Code,
  fresh: Code,
  oldFrom: number,
  oldTo: number,
  newFrom: number,
  newTo: number,
  depth: number,
): (readonly [number, number])[] => {
  const run = [8, 6, 5, 4][depth]!;
  const places = new Map<number, number>();
  const hash = (code: Code, at: number): number => {
    let mixed = 0;
    for (let ahead = 0; ahead < run; ahead++) {
      mixed = mixHash(mixed, depth === 1 || depth === 3 ? code.opcodes[at + ahead]! : code.hashes[at + ahead]!);
    }
    return mixed;
  };
  for (let at = oldFrom; at + run <= oldTo; at++) {
    const key = hash(old, at);
    places.set(key, places.has(key) ? -1 : at);
  }
  const pairs = new Map<number, readonly [number, number] | undefined>();
  for (let at = newFrom; at + run <= newTo; at++) {
    const key = hash(fresh, at);
    const place = places.get(key) ?? -1;
    if (place >= 0) pairs.set(key, pairs.has(key) ? undefined : [place, at]);
  }
  return longestIncreasing([...pairs.values()].filter((pair) => pair !== undefined));
};

const longestIncreasing = (pairs: (readonly [number, number])[]): (readonly [number, number])[] => {
  const tails: number[] = [];
  const previous = new Int32Array(pairs.length).fill(-1);
  for (let at = 0; at < pairs.length; at++) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pairs[tails[middle]!]![0] < pairs[at]![0]) low = middle + 1;
      else high = middle;
    }
    if (low > 0) previous[at] = tails[low - 1]!;
    tails[low] = at;
  }
  const chain: (readonly [number, number])[] = [];
  for (let at = tails.at(-1) ?? -1; at >= 0; at = previous[at]!) chain.push(pairs[at]!);
  return chain.reverse();
};

const alignByCost = (
  old: Code,
  fresh: Code,
  oldFrom: number,
  oldTo: number,
  newFrom: number,
  newTo: number,
  plan: Int32Array,
): void => {
  const width = oldTo - oldFrom + 1;
  const height = newTo - newFrom + 1;
  // moves: 0 aligned, 1 inserted, 2 removed; the row before is all the table that the costs need.
  const moves = new Uint8Array(width * height);
  let above = new Int32Array(width);
  let row = new Int32Array(width);
  for (let x = 1; x < width; x++) {
    above[x] = cost.gap + x * cost.remove;
    moves[x] = 2;
  }
  for (let y = 1; y < height; y++) {
    const newAt = newFrom + y - 1;
    row[0] = cost.gap + y * cost.insert;
    moves[y * width] = 1;
    for (let x = 1; x < width; x++) {
      const oldAt = oldFrom + x - 1;
      const pair =
        old.hashes[oldAt] === fresh.hashes[newAt]
          ? cost.equal
          : old.opcodes[oldAt] === fresh.opcodes[newAt]
            ? cost.sameOpcode
            : cost.otherOpcode;
      const opened = moves[(y - 1) * width + x - 1]! > 0 ? 1 : 0;
      let best = above[x - 1]! + pair + opened;
      let move = 0;
      const inserted = above[x]! + cost.insert + (moves[(y - 1) * width + x] === 1 ? 0 : cost.gap);
      if (inserted < best) {
        best = inserted;
        move = 1;
      }
      const removed = row[x - 1]! + cost.remove + (moves[y * width + x - 1] === 2 ? 0 : cost.gap);
      if (removed < best) {
        best = removed;
        move = 2;
      }
      row[x] = best;
      moves[y * width + x] = move;
    }
    [above, row] = [row, above];
  }
  for (let x = width - 1, y = height - 1; y > 0; ) {
    const move = moves[y * width + x]!;
    if (move === 0) plan[newFrom + --y] = oldFrom + --x;
    else if (move === 1) y--;
    else x--;
  }
};
