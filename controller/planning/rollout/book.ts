/** What is counted of a rollout's devices, kept as they change: one costs the same in a fleet of any size. */
import { basesOf, type DeviceBases, WaveBases } from './bases.ts';
import { type Absence, absenceOf, isUnavailable, type Room, type Taker, takersMax } from './budget.ts';
import { type DeviceInRollout, type Fate, fateOf, progressOf, retriesOf, waitsForRetry } from './fate.ts';
import { noCounts, type WaveCounts } from './gate.ts';
import type { RolloutPolicy } from './policy.ts';
import { noReturns, type Return, type Returns, returnOf } from './returning.ts';
import type { Rollout } from './rollout.ts';
import { asksForWhole } from './whole-modules.ts';

interface Noted {
  readonly wave: number;
  readonly fate: Fate;
  readonly group?: string;
  /** Of one that its group has to do without. */
  readonly away?: Absence;
  readonly returns?: Return;
  /** It has no delta to what it was issued, and waits until somebody lets it take that whole. */
  readonly asks: boolean;
  /** It failed before somebody tried again, and was not offered it since. */
  readonly waitsForRetry: boolean;
  /** Of one that may be offered something, where deltas are waited for. */
  readonly bases?: DeviceBases;
}

/** What a step of a rollout looks at. */
export interface Tally {
  /** Of the policy's waves, in order. */
  readonly counts: readonly WaveCounts[];
  /** How many of each wave failed before somebody tried again, and were not offered it since; they count as waiting. */
  readonly toRetry: readonly number[];
  readonly returns: Returns;
  /** The first of those that go back and that what was good can't be drawn for. */
  readonly undrawn: readonly string[];
  /** Devices that wait until somebody lets them take modules whole. */
  readonly asking: number;
}

/** Devices that are named. */
const undrawnMax = 3;

/** Before anybody was noted. */
export const noTally: Tally = { counts: [], toRetry: [], returns: noReturns, undrawn: [], asking: 0 };

function isAlike(before: Noted | undefined, noted: Noted): boolean {
  return (
    before?.fate === noted.fate &&
    before.wave === noted.wave &&
    before.group === noted.group &&
    (before.away === undefined) === (noted.away === undefined) &&
    before.returns === noted.returns &&
    before.asks === noted.asks &&
    before.waitsForRetry === noted.waitsForRetry &&
    before.bases?.told === noted.bases?.told &&
    before.bases?.runs === noted.bases?.runs
  );
}

function asks({ observed }: DeviceInRollout): boolean {
  const { issued, report } = observed;
  return issued !== undefined && progressOf(observed) === 'heard' && asksForWhole(issued, report);
}

/** For one rollout between two retries; a new one, a retry or another policy takes a new book, filled anew. */
export class Book implements Tally {
  readonly #policy: RolloutPolicy;
  readonly #retries: number;
  readonly #noted = new Map<string, Noted>();
  readonly #counts: Record<Fate, number>[];
  readonly #toRetry: number[];
  readonly #bases: readonly WaveBases[];
  readonly #returns: Record<Return, number> = { ...noReturns };
  readonly #undrawn = new Set<string>();
  #asking = 0;
  /** By group, those that it has to do without. */
  readonly #away = new Map<string, Set<string>>();

  constructor(policy: RolloutPolicy, rollout: Rollout) {
    this.#policy = policy;
    this.#retries = retriesOf(rollout);
    this.#counts = policy.waves.map(() => ({ ...noCounts }));
    this.#toRetry = policy.waves.map(() => 0);
    this.#bases = policy.waves.map(() => new WaveBases());
  }

  get counts(): readonly WaveCounts[] {
    return this.#counts;
  }

  get toRetry(): readonly number[] {
    return this.#toRetry;
  }

  get returns(): Returns {
    return this.#returns;
  }

  get undrawn(): readonly string[] {
    return [...this.#undrawn.values().take(undrawnMax)];
  }

  get asking(): number {
    return this.#asking;
  }

  /** Takes down how a device is now; undefined of one that is in the fleet no more. Returns whether it counts otherwise than before. */
  note(name: string, device: DeviceInRollout | undefined): boolean {
    const before = this.#noted.get(name);
    this.#forget(name);
    if (device === undefined) return before !== undefined;
    const { group, wave } = device;
    const returns = returnOf(device);
    const noted = {
      ...{ wave, fate: fateOf(device, this.#retries), asks: asks(device) },
      waitsForRetry: waitsForRetry(device, this.#retries),
      ...(isUnavailable(device) ? { away: absenceOf(device.observed) } : {}),
      ...(group === undefined ? {} : { group }),
      ...(returns === undefined ? {} : { returns }),
      ...(this.#policy.bytes === undefined || device.isHeld ? {} : { bases: basesOf(device.observed) }),
    };
    this.#noted.set(name, noted);
    this.#add(name, noted);
    return !isAlike(before, noted);
  }

  /** Releases that those of a wave have, each as `NAME/VERSION`. */
  basesOf(wave: number): ReadonlySet<string> {
    return this.#bases[wave]?.releases ?? new Set();
  }

  /** The group that a device counts in; undefined of one that is bounded by no budget, or was not noted. */
  groupOf(name: string): string | undefined {
    return this.#noted.get(name)?.group;
  }

  /** How many more devices of a group may be on their way. */
  spare(group: string | undefined): number {
    const { budget } = this.#policy;
    if (budget === undefined || group === undefined) return Number.POSITIVE_INFINITY;
    return budget.maxUnavailable - (this.#away.get(group)?.size ?? 0);
  }

  /** What room a group has while a wave is open, or all are; who takes it is told where none is left. */
  room(group: string | undefined, open = Number.POSITIVE_INFINITY): Room {
    const spare = this.spare(group);
    return { spare, takers: spare > 0 || group === undefined ? [] : this.#takers(group, open) };
  }

  #takers(group: string, open: number): readonly Taker[] {
    const names = (this.#away.get(group) ?? new Set()).values().take(takersMax);
    return Array.from(names, (device) => {
      const { away, wave } = this.#noted.get(device)!;
      return { device, absence: away!, ...(wave > open ? { isLater: true } : {}) };
    });
  }

  /** Whether a device of a wave waits, and its group has no room for it. */
  lacksRoom(name: string, wave: number): boolean {
    const noted = this.#noted.get(name);
    return noted?.wave === wave && noted.fate === 'waiting' && this.spare(noted.group) <= 0;
  }

  #add(name: string, noted: Noted): void {
    const { wave, fate, group, away, returns, asks, bases } = noted;
    if (bases !== undefined) this.#bases[wave]!.add(bases);
    this.#counts[wave]![fate] += 1;
    if (noted.waitsForRetry) this.#toRetry[wave]! += 1;
    if (asks) this.#asking += 1;
    if (returns !== undefined) this.#returns[returns] += 1;
    if (returns === 'undrawn') this.#undrawn.add(name);
    if (group === undefined || away === undefined) return;
    this.#away.set(group, (this.#away.get(group) ?? new Set()).add(name));
  }

  #forget(name: string): void {
    const noted = this.#noted.get(name);
    if (noted === undefined) return;
    const { wave, fate, group, returns } = noted;
    this.#noted.delete(name);
    this.#undrawn.delete(name);
    this.#counts[wave]![fate] -= 1;
    if (noted.waitsForRetry) this.#toRetry[wave]! -= 1;
    if (noted.bases !== undefined) this.#bases[wave]!.remove(noted.bases);
    if (noted.asks) this.#asking -= 1;
    if (returns !== undefined) this.#returns[returns] -= 1;
    if (group === undefined || noted.away === undefined) return;
    const away = this.#away.get(group);
    away?.delete(name);
    if (away?.size === 0) this.#away.delete(group);
  }
}
