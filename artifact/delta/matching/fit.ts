import type { Shifts } from '../rewrite/maps.ts';

/** Evidence that a number of the old module became one of the new: how often, by old number, then by new number. */
export class Votes {
  readonly byOld = new Map<number, Map<number, number>>();

  add(old: number, fresh: number, weight = 1): void {
    const targets = this.byOld.get(old);
    if (targets === undefined) this.byOld.set(old, new Map([[fresh, weight]]));
    else targets.set(fresh, (targets.get(fresh) ?? 0) + weight);
  }
}

/** What things cost, in bits: a piece of a map, and a number that the map gets wrong. */
export interface FitCosts {
  readonly pieceBits: number;
  readonly missBits: number;
}

interface Node {
  readonly value: number;
  readonly shift: number;
  readonly gain: number;
  readonly before: Node | undefined;
}

/**
 * The piecewise shift that explains the votes at the least cost (Viterbi). A state is a shift; staying in it is free,
 * entering another costs a piece. Only states that explain something at a number are touched there, so the time is
 * linear in the votes.
 */
export function fitShifts(votes: Votes, { pieceBits, missBits }: FitCosts): Shifts {
  const last = new Map<number, Node>();
  const origin: Node = { value: -1, shift: 0, gain: 0, before: undefined };
  last.set(0, origin);
  let best = origin;
  for (const value of [...votes.byOld.keys()].sort((a, b) => a - b)) {
    const targets = votes.byOld.get(value)!;
    const entered = best;
    for (const [fresh, count] of targets) {
      const shift = fresh - value;
      const own = last.get(shift);
      const stays = own !== undefined && own.gain >= entered.gain - pieceBits;
      const before = stays ? own : entered;
      const gain = (stays ? own.gain : entered.gain - pieceBits) + count * missBits;
      const node = { value, shift, gain, before };
      last.set(shift, node);
      if (gain > best.gain) best = node;
    }
  }
  return piecesOf(best);
}

function piecesOf(end: Node): Shifts {
  const starts: number[] = [];
  const shifts: number[] = [];
  for (let node: Node | undefined = end; node !== undefined && node.before !== undefined; node = node.before) {
    if (node.before.shift === node.shift) continue;
    starts.push(node.value);
    shifts.push(node.shift);
  }
  return { starts: Float64Array.from(starts.reverse()), shifts: Float64Array.from(shifts.reverse()) };
}

/** For each number the one that most votes are for, as an index map from new to old. */
export function fitIndices(votes: Votes, oldCount: number, newCount: number): Int32Array {
  const map = new Int32Array(newCount).fill(-1);
  const taken = new Uint8Array(oldCount);
  const ranked: [number, number, number][] = [];
  for (const [old, targets] of votes.byOld) for (const [fresh, count] of targets) ranked.push([count, old, fresh]);
  ranked.sort((a, b) => b[0] - a[0] || a[1] - b[1] || a[2] - b[2]);
  for (const [, old, fresh] of ranked) {
    if (old >= oldCount || fresh >= newCount || taken[old] === 1 || map[fresh] !== -1) continue;
    map[fresh] = old;
    taken[old] = 1;
  }
  return map;
}
