/** The rollout of one fleet in this process's life: whose wave is which, and what is counted of its devices. */
import type { Reason } from '../../schemas/generated/types.ts';
import type { DesiredDevice, DesiredFleet } from '../manifests/desired.ts';
import { asHeld } from '../planning/hold.ts';
import type { ObservedDevice } from '../planning/observed.ts';
import { Book, noTally, type Tally } from '../planning/rollout/book.ts';
import { noRoomText } from '../planning/rollout/budget.ts';
import type { Deltas } from '../planning/rollout/deltas.ts';
import { type DeviceInRollout, retriesOf } from '../planning/rollout/fate.ts';
import { counting, inRollout, type Permitted, permitted, type RolloutStanding } from '../planning/rollout/permitted.ts';
import type { RolloutPolicy } from '../planning/rollout/policy.ts';
import { goodNotThere } from '../planning/rollout/releases-gone.ts';
import type { Rollout } from '../planning/rollout/rollout.ts';
import type { RolloutView } from '../planning/rollout/rollout-view.ts';
import { isAboutToStop, openWave, type Stepped, step } from '../planning/rollout/step.ts';
import type { Lots } from '../planning/rollout/waves.ts';
import type { EngineParts } from './engine-parts.ts';
import type { Known } from './known.ts';
import { RoomQueue } from './room-queue.ts';

/** What git says of it. */
export interface FollowedFleet {
  readonly fleet: string;
  readonly policy: RolloutPolicy;
  /** The hash of the definition that it wants. */
  readonly target: string;
  /** The index of each device's wave. */
  readonly waves: ReadonlyMap<string, number>;
  /** What its devices drew, those that left it too until it is followed anew. */
  readonly lots: Lots;
  /** Those of the definition, each as `NAME/VERSION`. */
  readonly releases: readonly string[];
}

/** One device at one moment. */
export interface Seen {
  readonly wanted: DesiredFleet;
  readonly desired: DesiredDevice;
  readonly observed: ObservedDevice;
  readonly now: number;
}

/** Of which rollout something is counted: of each between two retries anew. */
function countOf(rollout: Rollout): string {
  return `${rollout.number} ${retriesOf(rollout)}`;
}

/** What is counted, and of which rollout. */
export interface Count {
  readonly of: string;
  readonly book: Book;
}

/** Devices without room of which one is looked for in the open wave: whoever looks at a rollout never walks its fleet. */
const waitingLookedAtMax = 100;

/** The index of the wave that is open; undefined where none waits for another. */
function openOf({ rollout, policy }: RolloutStanding): number | undefined {
  return rollout.state === 'running' ? openWave(policy, rollout).index : undefined;
}

export class FleetRollout {
  #followed: FollowedFleet;
  readonly #deltasTo: EngineParts['deltasTo'];
  readonly #room = new RoomQueue();
  /** Undefined before it has begun. */
  #count: Count | undefined;
  /** Lists of devices that are still to be noted before anybody is offered anything. */
  #toNote = 0;
  /** Whether one of those is of the whole fleet. */
  #notesAll = false;
  /** Who was asked meanwhile, and is to be asked again. */
  readonly #askedEarly = new Set<string>();
  /** Groups in which room came up meanwhile. */
  readonly #roomEarly = new Set<string>();

  constructor(followed: FollowedFleet, deltasTo: EngineParts['deltasTo']) {
    this.#followed = followed;
    this.#deltasTo = deltasTo;
  }

  get followed(): FollowedFleet {
    return this.#followed;
  }

  /**
   * Its devices are others, or in other waves: all else stands. Whoever is in another wave is to be noted anew. Returns who may be
   * asked again, as those that left made room.
   */
  redraw(waves: FollowedFleet['waves']): readonly string[] {
    const gone = [...this.#followed.waves.keys()].filter((name) => !waves.has(name));
    const groups = gone.map((name) => this.#count?.book.groupOf(name));
    for (const name of gone) this.#count?.book.note(name, undefined);
    this.#followed = { ...this.#followed, waves };
    return this.#woken(groups);
  }

  /** Begins to count; undefined when that was begun already. */
  beginCounting(rollout: Rollout): Count | undefined {
    const of = countOf(rollout);
    if (rollout.target !== this.#followed.target || this.#count?.of === of) return undefined;
    this.#count = { of, book: new Book(this.#followed.policy, rollout) };
    this.#toNote = 1;
    this.#notesAll = true;
    return this.#count;
  }

  /** Devices came together, or are otherwise: all of them are noted before one is offered anything. Undefined where nothing counts. */
  countOthers(): Count | undefined {
    if (this.#count !== undefined) this.#toNote += 1;
    return this.#count;
  }

  /** All of a list were noted since that began; returns who may be asked when no other list is left, undefined before. */
  endCounting(count: Count): Iterable<string> | undefined {
    if (this.#count !== count) return undefined;
    this.#toNote -= 1;
    if (this.#toNote > 0) return undefined;
    const early = [...this.#askedEarly, ...this.#woken(this.#roomEarly)];
    const names = this.#notesAll ? this.#followed.waves.keys() : early;
    this.#notesAll = false;
    this.#askedEarly.clear();
    this.#roomEarly.clear();
    return names;
  }

  /** Nothing is offered and no gate judged before. */
  isCounted(known: Known): boolean {
    const rollout = known.rollout(this.#followed.fleet);
    return this.#toNote === 0 && rollout !== undefined && this.#count?.of === countOf(rollout);
  }

  /** To what it brings, from what the devices of a wave have. */
  readonly deltasOf = (wave: number): Deltas => {
    return this.#deltasTo(this.#followed.releases, this.#count?.book.basesOf(wave) ?? new Set());
  };

  get tally(): Tally {
    return this.#count?.book ?? noTally;
  }

  /** Undefined before what git wants has become a rollout. One whose good definition is lost has nothing to go back to. */
  standing(known: Known, wanted: DesiredFleet): RolloutStanding | undefined {
    const { fleet, policy, target } = this.#followed;
    const rollout = known.rollout(fleet);
    if (rollout === undefined || rollout.target !== target) return undefined;
    const good = rollout.good === undefined ? undefined : known.goodDefinition(fleet);
    const common = { wanted, policy, finished: known.finishedRollouts(fleet) };
    if (good?.hash === rollout.good) return { ...common, rollout, ...(good === undefined ? {} : { good }) };
    const { good: _lost, ...rest } = rollout;
    return { ...common, rollout: rest };
  }

  /** Takes down how a device is. Returns who may be asked again now, as there is room for it; undefined when nothing counts otherwise. */
  note(known: Known, seen: Seen): readonly string[] | undefined {
    const standing = this.standing(known, seen.wanted);
    if (standing === undefined || this.#count === undefined) return undefined;
    const device = this.#inRollout(standing, seen);
    const { book } = this.#count;
    const { name } = seen.desired;
    const left = book.groupOf(name);
    if (!book.note(name, device)) return undefined;
    return this.#woken([left, device.group]);
  }

  /** Who may be asked now that this one was: room that it had no use for is the next one's. */
  afterAsking(device: string): readonly string[] {
    if (this.#toNote > 0 && !this.#notesAll) this.#askedEarly.add(device);
    return this.#woken([this.#count?.book.groupOf(device)]);
  }

  /** One of each group in which there is room. */
  #woken(groups: Iterable<string | undefined>): readonly string[] {
    const book = this.#count?.book;
    if (book === undefined) return [];
    if (this.#toNote > 0) {
      for (const group of groups) if (group !== undefined) this.#roomEarly.add(group);
      return [];
    }
    return [...new Set(groups)].flatMap((group) => {
      if (group === undefined || book.spare(group) <= 0) return [];
      return this.#room.take(group, (name) => book.groupOf(name) === group) ?? [];
    });
  }

  /** The device waits for room in its group. */
  awaitRoom(group: string, device: string): void {
    this.#room.add(group, device);
  }

  /** What it may have now. */
  permitted(known: Known, seen: Seen): Permitted {
    const { desired, wanted } = seen;
    const standing = this.standing(known, wanted);
    if (standing === undefined) {
      const device = asHeld(desired, seen.now);
      const { templateHash, definition } = seen.observed.issued ?? {};
      const hasIt = templateHash === device.template.hash;
      // What it has may be signed by another key meanwhile, and is by the same definition still.
      const by = hasIt && definition !== undefined ? { definition } : {};
      return { device, ...by, stays: true, ...(hasIt ? {} : { reason: counting }) };
    }
    const device = this.#inRollout(standing, seen);
    const room = this.#count?.book.room(device.group, openOf(standing)) ?? { spare: 0, takers: [] };
    // All may be counted in a turn in which nobody judged that yet.
    const { rollout, policy } = standing;
    const isCounted = this.isCounted(known) && !isAboutToStop(rollout, policy, this.tally.counts);
    return permitted(standing, { desired, device, room, isCounted });
  }

  /** When time alone moves it; `now` where it would move already. */
  dueAt(known: Known, wanted: DesiredFleet, now: number): number | undefined {
    const standing = this.standing(known, wanted);
    if (standing === undefined || !this.isCounted(known)) return undefined;
    const { rollout, nextAt } = step(standing.rollout, standing.policy, this.tally, now, this.deltasOf);
    return rollout === standing.rollout ? nextAt : now;
  }

  view(known: Known, wanted: DesiredFleet, now: number): RolloutView | undefined {
    const standing = this.standing(known, wanted);
    if (standing === undefined) return undefined;
    const { rollout, policy } = standing;
    const isCounted = this.isCounted(known);
    const stepped: Pick<Stepped, 'verdict' | 'nextAt'> = isCounted
      ? step(rollout, policy, this.tally, now, this.deltasOf)
      : { verdict: counting };
    const { verdict: held, nextAt } = stepped;
    const gone = rollout.state === 'reverting' && goodNotThere(wanted.catalogue, standing.good);
    const verdict = gone || this.#withTakers(held, standing);
    const waves = this.tally.counts.map((counts, index) => ({
      name: policy.waves[index]!.name,
      counts: { ...counts },
    }));
    const { asking } = this.tally;
    return { rollout, policy, waves, asking, verdict, isCounted, ...(nextAt === undefined ? {} : { nextAt }) };
  }

  /** A wave that nothing is known of may wait for room in a group: who has it is named. */
  #withTakers(verdict: Reason, standing: RolloutStanding): Reason {
    const book = this.#count?.book;
    const open = openOf(standing);
    if (verdict.code !== 'NO_EVIDENCE' || book === undefined || open === undefined) return verdict;
    const name = this.#room
      .names()
      .take(waitingLookedAtMax)
      .find((device) => book.lacksRoom(device, open));
    const group = name === undefined ? undefined : book.groupOf(name);
    if (group === undefined) return verdict;
    return { ...verdict, message: `${verdict.message}; ${noRoomText(group, book.room(group, open))}` };
  }

  #inRollout(standing: RolloutStanding, { desired, observed, now }: Seen): DeviceInRollout {
    const { waves, policy } = this.#followed;
    const wave = waves.get(desired.name) ?? policy.waves.length - 1;
    return inRollout(standing, desired, observed, { wave, now });
  }
}
