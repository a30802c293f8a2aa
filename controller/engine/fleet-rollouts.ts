/**
 * The rollouts of all fleets that have waves, in this process's life: what devices may have, what is counted of them, and when time
 * alone moves a rollout. Everything of it is made anew after a start from what is durable: first all devices of a fleet are counted,
 * and nothing is offered before, so that no wave is skipped and no budget passed.
 */
import type { Clock } from '../../platform/ports.ts';
import { Turn } from '../../platform/turn.ts';
import { deployedModules } from '../../schemas/deployed-modules.ts';
import { canonicalJson } from '../manifests/canonical-json.ts';
import { definitionOf } from '../manifests/definition.ts';
import type { Catalogue, DesiredDevice, DesiredFleet } from '../manifests/desired.ts';
import { runAtOnce, runInTurns, type Steps } from '../manifests/steps.ts';
import { asHeld } from '../planning/hold.ts';
import type { ObservedDevice } from '../planning/observed.ts';
import type { Permitted } from '../planning/rollout/permitted.ts';
import type { RolloutPolicy } from '../planning/rollout/policy.ts';
import { goodNotThere } from '../planning/rollout/releases-gone.ts';
import type { Rollout } from '../planning/rollout/rollout.ts';
import type { RolloutView } from '../planning/rollout/rollout-view.ts';
import { DueNames } from './due-names.ts';
import { type EngineParts, noFleet } from './engine-parts.ts';
import type { EngineEvent } from './events.ts';
import { type Count, FleetRollout } from './fleet-rollout.ts';
import { type DrawnFleet, type FollowedCommit, followedCommit } from './followed-fleets.ts';
import type { Image } from './image.ts';
import type { Known } from './known.ts';
import type { NameQueue } from './name-queue.ts';

/** What the devices of a fleet fetch by its definition, each as `NAME/VERSION`. */
function releasesOf(wanted: DesiredFleet, fleet: string): readonly string[] {
  const modules = definitionOf(wanted, fleet)?.applications.flatMap(deployedModules) ?? [];
  return modules.map(({ name, version }) => `${name}/${version}`);
}

export interface FleetRolloutsParts {
  readonly clock: Clock;
  readonly image: Pick<Image, 'rollouts'> & Known;
  readonly tell: (event: EngineEvent) => void;
  readonly deltasTo: EngineParts['deltasTo'];
  readonly consider: (devices: Iterable<string>) => void;
  /** Thinks over a list of which nobody makes a copy. */
  readonly considerList: NameQueue['addList'];
}

function* withEnd(names: Iterable<string>, onEnd: () => void): Generator<string> {
  yield* names;
  onEnd();
}

/** Whether what a wave's devices may have is otherwise than before. */
function opens(before: Rollout | undefined, after: Rollout, wave: number): boolean {
  if (before === undefined || before.number !== after.number) return after.state !== 'done';
  const goesOn = before.state === 'running' && (after.state === 'running' || after.state === 'done');
  if (!goesOn) return before.state !== after.state;
  const isOpenNow = before.reason.code === 'NEEDS_APPROVAL' || before.readyWave !== after.readyWave;
  return wave <= after.wave && (wave > before.wave || (wave === before.wave && isOpenNow));
}

export class FleetRollouts {
  readonly #parts: FleetRolloutsParts;
  readonly #fleets = new Map<string, FleetRollout>();
  readonly #due: DueNames;
  /** Fleets whose rollout is to be looked at, and that was told. */
  readonly #told = new Set<string>();
  #wanted = noFleet;

  constructor(parts: FleetRolloutsParts) {
    this.#parts = parts;
    this.#due = new DueNames(parts.clock, (fleets) => {
      for (const fleet of fleets) this.#tellStep(fleet);
    });
  }

  /** The rollout of a fleet that has waves. */
  of(fleet: string | undefined): FleetRollout | undefined {
    return fleet === undefined ? undefined : this.#fleets.get(fleet);
  }

  /** What a device may have now. */
  permitted(known: Known, desired: DesiredDevice, observed: ObservedDevice, now: number): Permitted {
    const one = this.of(desired.fleet);
    return one?.permitted(known, { wanted: this.#wanted, desired, observed, now }) ?? { device: asHeld(desired, now) };
  }

  /** What is known of a fleet's rollout; undefined where it has no waves, or its commit is only just being taken up. */
  view(fleet: string, now: number): RolloutView | undefined {
    return this.of(fleet)?.view(this.#parts.image, this.#wanted, now);
  }

  /** Takes down how a device is. */
  note(known: Known, desired: DesiredDevice | undefined, observe: (desired: DesiredDevice) => ObservedDevice): void {
    const one = this.of(desired?.fleet);
    if (one === undefined || desired === undefined) return;
    const seen = { wanted: this.#wanted, desired, observed: observe(desired), now: this.#parts.clock.now() };
    const woken = one.note(known, seen);
    if (woken === undefined) return;
    this.#tellStep(one.followed.fleet);
    this.#parts.consider(woken);
  }

  /** A device was thought over: whoever waits behind it for room may have its turn. */
  afterAsking(desired: DesiredDevice | undefined): void {
    const one = this.of(desired?.fleet);
    if (one !== undefined && desired !== undefined) this.#parts.consider(one.afterAsking(desired.name));
  }

  /** What of a commit is to be followed, of which these devices are affected; of all without them. Nothing is followed by that. */
  followed(wanted: DesiredFleet, affected?: ReadonlySet<string>): FollowedCommit {
    return runAtOnce(this.#followed(wanted, affected));
  }

  /** The same of a fleet that may be large, beside others' work. */
  followedInTurns(wanted: DesiredFleet, affected?: ReadonlySet<string>): Promise<FollowedCommit> {
    return runInTurns(this.#followed(wanted, affected), new Turn(this.#parts.clock));
  }

  #followed(
    wanted: DesiredFleet,
    affected: ReadonlySet<string> = new Set(wanted.devices.keys()),
  ): Steps<FollowedCommit> {
    const before = {
      wanted: this.#wanted,
      isAsked: (fleet: string, policy: RolloutPolicy) => this.#isAsked(fleet, policy),
      lotsOf: (fleet: string) => this.#fleets.get(fleet)?.followed.lots,
    };
    return followedCommit(before, wanted, affected);
  }

  /** A commit is in force. */
  follow({ wanted, affected, touched, policies, drawn }: FollowedCommit): void {
    const before = this.#wanted;
    this.#wanted = wanted;
    for (const fleet of touched) if (!policies.has(fleet)) this.#leave(fleet);
    for (const [fleet, policy] of policies) this.#followFleet(fleet, policy, drawn.get(fleet), affected);
    this.#takeBack(before.catalogue);
  }

  /** Devices of fleets that can have again what they go back to. */
  #takeBack(before: Catalogue): void {
    // At a start all devices are thought over anyway.
    if (before === this.#wanted.catalogue || before.size === 0) return;
    for (const [fleet, { followed }] of this.#fleets) {
      const good = this.#parts.image.goodDefinition(fleet);
      const [wasGone, isGone] = [before, this.#wanted.catalogue].map((catalogue) => goodNotThere(catalogue, good));
      if (wasGone !== undefined && isGone === undefined) this.#parts.considerList(followed.waves.keys());
    }
  }

  /** Its devices follow git at once. */
  #leave(fleet: string): void {
    const old = this.#fleets.get(fleet);
    if (old === undefined) return;
    this.#fleets.delete(fleet);
    this.#parts.considerList(old.followed.waves.keys());
  }

  #isAsked(fleet: string, policy: RolloutPolicy): boolean {
    const old = this.#fleets.get(fleet);
    return old !== undefined && canonicalJson(old.followed.policy) === canonicalJson(policy);
  }

  #followFleet(
    fleet: string,
    policy: RolloutPolicy,
    drawn: DrawnFleet | undefined,
    affected: ReadonlySet<string>,
  ): void {
    const old = this.#fleets.get(fleet);
    const target = definitionOf(this.#wanted, fleet)?.hash ?? '';
    const { waves, lots } = drawn ?? old!.followed;
    if (old?.followed.target === target && this.#isAsked(fleet, policy)) return this.#redraw(old, waves, affected);
    const releases = releasesOf(this.#wanted, fleet);
    const one = new FleetRollout({ fleet, policy, target, waves, lots, releases }, this.#parts.deltasTo);
    this.#fleets.set(fleet, one);
    this.#count(one);
  }

  /** Of those that came together, or into one group, all are noted before one of them is offered anything. */
  #redraw(one: FleetRollout, waves: ReadonlyMap<string, number>, affected: ReadonlySet<string>): void {
    const before = one.followed.waves;
    if (waves === before) return;
    const woken = one.redraw(waves);
    const count = one.countOthers();
    if (count !== undefined) this.#noteAll(one, count, affected, (name) => !waves.has(name));
    this.#parts.considerList(waves.keys(), (name) => before.get(name) === waves.get(name));
    // After those that came: they may have taken the room that there is.
    this.#parts.considerList(woken);
    this.#tellStep(one.followed.fleet);
  }

  /** Counts its devices, unless that was begun already; returns whether it was not. */
  #count(one: FleetRollout): boolean {
    const { fleet, waves } = one.followed;
    const rollout = this.#parts.image.rollout(fleet);
    const count = rollout && one.beginCounting(rollout);
    if (count === undefined) return false;
    this.#noteAll(one, count, waves.keys());
    return true;
  }

  /** Takes devices down, in turns, before anybody of their fleet is offered anything. */
  #noteAll(one: FleetRollout, count: Count, names: Iterable<string>, isPassedOver?: (name: string) => boolean): void {
    const { fleet } = one.followed;
    const onEnd = (): void => {
      const toAsk = this.#fleets.get(fleet) === one ? one.endCounting(count) : undefined;
      if (toAsk === undefined) return;
      this.#tellStep(fleet);
      this.#parts.considerList(toAsk);
    };
    this.#parts.considerList(withEnd(names, onEnd), isPassedOver);
  }

  /** Whether it is thought over again when all devices of its fleet are counted. */
  isCounting(device: string): boolean {
    return this.of(this.#wanted.devices.get(device)?.fleet)?.isCounted(this.#parts.image) === false;
  }

  /** Fleets of which what is durable does not say what they want: its row was lost, or an older program wrote another hash. */
  get behind(): readonly string[] {
    const { image } = this.#parts;
    const unlike = [...this.#fleets.values()].filter(({ followed }) => {
      return image.rollout(followed.fleet)?.target !== followed.target;
    });
    const left = [...image.rollouts.keys()].filter((fleet) => !this.#fleets.has(fleet));
    return [...unlike.map(({ followed }) => followed.fleet), ...left];
  }

  /** The rollout was otherwise before, and is durable as it is now. */
  moved(fleet: string, before: Rollout | undefined): void {
    const one = this.#fleets.get(fleet);
    const rollout = this.#parts.image.rollout(fleet);
    // Of a commit that is only just being taken up: `follow` comes.
    if (one === undefined || rollout === undefined || rollout.target !== one.followed.target) return;
    if (this.#count(one)) return;
    this.#tellStep(fleet);
    const { waves, policy } = one.followed;
    if (rollout.wholeFor !== before?.wholeFor) this.#considerLet(one, rollout);
    if (rollout.state === 'done') this.#considerPinned(fleet);
    // A gate may close and open with every report of one device: nobody goes through the fleet for that.
    if (policy.waves.every((_, wave) => !opens(before, rollout, wave))) return;
    this.#parts.considerList(waves.keys(), (name) => !opens(before, rollout, waves.get(name) ?? 0));
  }

  /** What these run besides the releases that they are held at is what was completed last. */
  #considerPinned(fleet: string): void {
    const { pins, devices } = this.#wanted;
    this.#parts.considerList(pins.keys(), (name) => devices.get(name)?.fleet !== fleet);
  }

  /** Who may take modules whole now. */
  #considerLet({ followed: { waves } }: FleetRollout, { wholeFor = [] }: Rollout): void {
    if (wholeFor === 'all') this.#parts.considerList(waves.keys());
    else this.#parts.consider(wholeFor);
  }

  /** Deltas were made, or other ones are to be. */
  lookAtDeltas(): void {
    for (const [fleet, rollout] of this.#parts.image.rollouts)
      if (rollout.reason.code === 'NEEDS_DELTAS') this.#tellStep(fleet);
  }

  #tellStep(fleet: string): void {
    if (this.#told.has(fleet)) return;
    this.#told.add(fleet);
    this.#parts.tell({ kind: 'rollout-step', fleet });
  }

  /** It is looked at now: what is otherwise from here on has it looked at once more. */
  looksAt(fleet: string): void {
    this.#told.delete(fleet);
  }

  /** It was looked at, and what came of it is durable; that takes time, in which it may have become due. */
  lookedAt(fleet: string): void {
    const now = this.#parts.clock.now();
    const dueAt = this.of(fleet)?.dueAt(this.#parts.image, this.#wanted, now);
    this.#due.note(fleet, dueAt);
    if (dueAt !== undefined && dueAt <= now) this.#tellStep(fleet);
  }

  /** What came of it was lost. */
  lookAgain(fleet: string): void {
    this.#told.delete(fleet);
    this.#tellStep(fleet);
  }

  stop(): void {
    this.#due.stop();
  }
}
