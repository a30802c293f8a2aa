/** Which wave of its fleet a device belongs to. The same names and labels always draw the same waves. */
import type { Labels } from '../../../schemas/generated/types.ts';
import { sha256Hex } from '../../../schemas/sha256.ts';
import { selects } from '../../manifests/selector.ts';
import { forEachInSteps, runAtOnce, type Steps } from '../../manifests/steps.ts';
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

/** Members that are sorted in one step, about: lots are spread evenly. */
const membersPerHeap = 16;

interface Drawer {
  readonly member: Member;
  readonly lot: number;
}

function byLot(left: Drawer, right: Drawer): number {
  return left.lot - right.lot || (left.member.name < right.member.name ? -1 : 1);
}

/** Members in the order in which limits take them: by chance, and always the same for one device of one fleet. */
function* inLot(fleet: string, members: readonly Member[], lots: Lots): Steps<readonly Member[]> {
  const heaps = Array.from({ length: Math.ceil(members.length / membersPerHeap) }, (): Drawer[] => []);
  const perHeap = 16 ** lotDigits / heaps.length;
  yield* forEachInSteps(members, (member) => {
    const { name } = member;
    const lot = lots.get(name) ?? Number.parseInt(sha256Hex(`${fleet}\0${name}`).slice(0, lotDigits), 16);
    lots.set(name, lot);
    heaps[Math.floor(lot / perHeap)]!.push({ member, lot });
  });
  const drawn: Member[] = [];
  yield* forEachInSteps(heaps, (heap) => {
    for (const { member } of heap.sort(byLot)) drawn.push(member);
  });
  return drawn;
}

/** Those that are kept; without a rule all of them. */
function* listed(members: Iterable<Member>, keeps?: (member: Member) => boolean): Steps<readonly Member[]> {
  const kept: Member[] = [];
  yield* forEachInSteps(members, (member) => {
    if (keeps?.(member) !== false) kept.push(member);
  });
  return kept;
}

/**
 * The index of each member's wave: the first that takes it. A limit in percent is of those that the selector takes and no
 * wave before did. Lots that were not drawn before are put into `lots`. The last wave is meant to take the rest; who is taken by none is not in the answer.
 */
export function* drawWavesInSteps(
  fleet: string,
  members: Iterable<Member>,
  waves: readonly Wave[],
  lots: Lots = new Map(),
): Steps<ReadonlyMap<string, number>> {
  const drawn = new Map<string, number>();
  let left = yield* listed(members);
  if (waves.some(({ limit }) => limit !== undefined)) left = yield* inLot(fleet, left, lots);
  for (const [index, { selector, limit }] of waves.entries()) {
    const fitting = selector === undefined ? left : yield* listed(left, ({ labels }) => selects(selector, labels));
    const taken = limit === undefined ? fitting : fitting.slice(0, amountOf(limit, fitting.length));
    yield* forEachInSteps(taken, ({ name }) => drawn.set(name, index));
    left = yield* listed(left, ({ name }) => !drawn.has(name));
  }
  return drawn;
}

/** All of it at once: where nobody waits. */
export function drawWaves(...asked: Parameters<typeof drawWavesInSteps>): ReadonlyMap<string, number> {
  return runAtOnce(drawWavesInSteps(...asked));
}

/** How many members each wave takes; who they are is asked only where a wave selects among them. */
export function* waveSizesInSteps(
  fleet: string,
  size: number,
  members: () => Iterable<Member>,
  waves: readonly Wave[],
): Steps<readonly number[]> {
  if (waves.some(({ selector }) => selector !== undefined)) {
    const sizes = waves.map(() => 0);
    const drawn = yield* drawWavesInSteps(fleet, members(), waves);
    yield* forEachInSteps(drawn.values(), (index) => {
      sizes[index]! += 1;
    });
    return sizes;
  }
  let left = size;
  return waves.map(({ limit }) => {
    const taken = limit === undefined ? left : amountOf(limit, left);
    left -= taken;
    return taken;
  });
}

/** All of it at once: where nobody waits. */
export function waveSizes(...asked: Parameters<typeof waveSizesInSteps>): readonly number[] {
  return runAtOnce(waveSizesInSteps(...asked));
}
