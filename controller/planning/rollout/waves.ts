/** Which wave of its fleet a device belongs to. The same names and labels always draw the same waves. */
import type { Labels } from '../../../schemas/generated/types.ts';
import { sha256Hex } from '../../../schemas/sha256.ts';
import { selects } from '../../manifests/selector.ts';
import type { Amount, Wave } from './policy.ts';

/** A device of the fleet, as far as waves are drawn by it. */
export interface Member {
  readonly name: string;
  readonly labels: Readonly<Labels>;
}

/** How many of `size` devices an amount is; a part of one counts as one. */
export function amountOf(amount: Amount, size: number): number {
  if (amount.kind === 'count') return Math.min(amount.count, size);
  return Math.min(Math.ceil((amount.percent * size) / 100), size);
}

/** Hexadecimal digits that fit into a number. */
const lotDigits = 12;

/** The lots that devices of one fleet drew before: a draw over many costs most of its time for these. */
export type Lots = Map<string, number>;

/** Members in the order in which limits take them: by chance, and always the same for one device of one fleet. */
function inLot(fleet: string, members: Iterable<Member>, lots: Lots): Member[] {
  const drawn = Array.from(members, (member) => {
    const { name } = member;
    const lot = lots.get(name) ?? Number.parseInt(sha256Hex(`${fleet}\0${name}`).slice(0, lotDigits), 16);
    lots.set(name, lot);
    return { member, lot };
  });
  drawn.sort((left, right) => left.lot - right.lot || (left.member.name < right.member.name ? -1 : 1));
  return drawn.map(({ member }) => member);
}

/**
 * The index of each member's wave: the first that takes it. A limit in percent is of those that the selector takes and no
 * wave before did. Lots that were not drawn before are put into `lots`. The last wave is meant to take the rest; who is taken by none is not in the answer.
 */
export function drawWaves(
  fleet: string,
  members: Iterable<Member>,
  waves: readonly Wave[],
  lots: Lots = new Map(),
): ReadonlyMap<string, number> {
  const drawn = new Map<string, number>();
  let left = waves.some(({ limit }) => limit !== undefined) ? inLot(fleet, members, lots) : [...members];
  for (const [index, { selector, limit }] of waves.entries()) {
    const fitting = selector === undefined ? left : left.filter(({ labels }) => selects(selector, labels));
    const taken = fitting.slice(0, limit === undefined ? fitting.length : amountOf(limit, fitting.length));
    for (const { name } of taken) drawn.set(name, index);
    left = left.filter(({ name }) => !drawn.has(name));
  }
  return drawn;
}

/** How many members each wave takes; who they are is asked only where a wave selects among them. */
export function waveSizes(
  fleet: string,
  size: number,
  members: () => Iterable<Member>,
  waves: readonly Wave[],
): readonly number[] {
  if (waves.some(({ selector }) => selector !== undefined)) {
    const sizes = waves.map(() => 0);
    for (const index of drawWaves(fleet, members(), waves).values()) sizes[index]! += 1;
    return sizes;
  }
  let left = size;
  return waves.map(({ limit }) => {
    const taken = limit === undefined ? left : amountOf(limit, left);
    left -= taken;
    return taken;
  });
}
