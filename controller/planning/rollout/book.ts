/** What is counted of a rollout's devices, kept as they change: one costs the same in a fleet of any size. */
import { isUnavailable } from './budget.ts';
import { type DeviceInRollout, type Fate, fateOf, retriesOf } from './fate.ts';
import { noCounts, type WaveCounts } from './gate.ts';
import type { RolloutPolicy } from './policy.ts';
import { noReturns, type Return, type Returns, returnOf } from './returning.ts';
import type { Rollout } from './rollout.ts';

interface Noted {
  readonly wave: number;
  readonly fate: Fate;
  readonly group?: string;
  readonly isUnavailable: boolean;
  readonly returns?: Return;
}

/** What a step of a rollout looks at. */
export interface Tally {
  /** Of the policy's waves, in order. */
  readonly counts: readonly WaveCounts[];
  readonly returns: Returns;
}

/** Before anybody was noted. */
export const noTally: Tally = { counts: [], returns: noReturns };

function isAlike(before: Noted | undefined, noted: Noted): boolean {
  return (
    before?.fate === noted.fate &&
    before.wave === noted.wave &&
    before.group === noted.group &&
    before.isUnavailable === noted.isUnavailable &&
    before.returns === noted.returns
  );
}

/** For one rollout between two retries; a new one, a retry or another policy takes a new book, filled anew. */
export class Book implements Tally {
  readonly #policy: RolloutPolicy;
  readonly #retries: number;
  readonly #noted = new Map<string, Noted>();
  readonly #counts: Record<Fate, number>[];
  readonly #returns: Record<Return, number> = { ...noReturns };
  readonly #unavailable = new Map<string, number>();

  constructor(policy: RolloutPolicy, rollout: Rollout) {
    this.#policy = policy;
    this.#retries = retriesOf(rollout);
    this.#counts = policy.waves.map(() => ({ ...noCounts }));
  }

  get counts(): readonly WaveCounts[] {
    return this.#counts;
  }

  get returns(): Returns {
    return this.#returns;
  }

  /** Takes down how a device is now; undefined of one that is in the fleet no more. Returns whether it counts otherwise than before. */
  note(name: string, device: DeviceInRollout | undefined): boolean {
    const before = this.#noted.get(name);
    this.#forget(name);
    if (device === undefined) return before !== undefined;
    const { group, wave } = device;
    const returns = returnOf(device);
    const noted = {
      ...{ wave, fate: fateOf(device, this.#retries), isUnavailable: isUnavailable(device) },
      ...(group === undefined ? {} : { group }),
      ...(returns === undefined ? {} : { returns }),
    };
    this.#noted.set(name, noted);
    this.#add(noted);
    return !isAlike(before, noted);
  }

  /** The group that a device counts in; undefined of one that is bounded by no budget, or was not noted. */
  groupOf(name: string): string | undefined {
    return this.#noted.get(name)?.group;
  }

  /** How many more devices of a group may be on their way. */
  spare(group: string | undefined): number {
    const { budget } = this.#policy;
    if (budget === undefined || group === undefined) return Number.POSITIVE_INFINITY;
    return budget.maxUnavailable - (this.#unavailable.get(group) ?? 0);
  }

  #add({ wave, fate, group, isUnavailable: isAway, returns }: Noted): void {
    this.#counts[wave]![fate] += 1;
    if (returns !== undefined) this.#returns[returns] += 1;
    if (group !== undefined && isAway) this.#unavailable.set(group, (this.#unavailable.get(group) ?? 0) + 1);
  }

  #forget(name: string): void {
    const noted = this.#noted.get(name);
    if (noted === undefined) return;
    const { wave, fate, group, returns } = noted;
    this.#noted.delete(name);
    this.#counts[wave]![fate] -= 1;
    if (returns !== undefined) this.#returns[returns] -= 1;
    if (group === undefined || !noted.isUnavailable) return;
    this.#unavailable.set(group, (this.#unavailable.get(group) ?? 0) - 1);
    if (this.#unavailable.get(group) === 0) this.#unavailable.delete(group);
  }
}
