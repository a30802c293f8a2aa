/** What rollouts promise, held against what truly happened at every step. */
import { judge } from '../../../controller/planning/device-status.ts';
import { planDevice } from '../../../controller/planning/plan-device.ts';
import { openWave } from '../../../controller/planning/rollout/step.ts';
import { FailurePromise } from './failure-promise.ts';
import { GatePromise } from './gate-promise.ts';
import { OfferPromise } from './offer-promise.ts';
import type { RolloutsWorld } from './rollouts-world.ts';

/** Longer than the longest pause of what could not be written. */
const dueMsMax = 20 * 60_000;

export class Promises {
  readonly #world: RolloutsWorld;
  readonly #offers: OfferPromise;
  readonly #gates: GatePromise;
  readonly #failures: FailurePromise;
  readonly #states = new Map<string, string>();
  /** Since when a rollout could go on, by its fleet. */
  readonly #dueSince = new Map<string, number>();
  #wellSince = 0;
  /** Deployments that were signed. */
  deployments = 0;
  /** What rollouts came to. */
  readonly seen: Record<string, number> = {};

  constructor(world: RolloutsWorld) {
    this.#world = world;
    this.#offers = new OfferPromise(world);
    this.#gates = new GatePromise(world);
    this.#failures = new FailurePromise(world);
  }

  signed(device: string, sequence: number): void {
    this.deployments += 1;
    const { highest } = this.#world.devices.get(device)!;
    const { gist } = this.#world.image.device(device);
    // What it saw under a state that was lost since is learnt from what it says.
    if (sequence <= highest && gist?.highestSequence === highest) {
      throw new Error(`${device} is issued ${sequence} and has said that it saw ${highest}`);
    }
  }

  /** The device said how it is. */
  said(device: string): void {
    this.#offers.said(device);
  }

  /** The state is as its backup was: what was issued since is not known any more. */
  restored(): void {
    this.#offers.restored();
    this.#gates.restored();
    this.#failures.restored();
  }

  check(): undefined {
    const { isWell, time, fleets } = this.#world;
    if (!isWell) this.#wellSince = time.now;
    this.#offers.check();
    for (const fleet of fleets) {
      this.#count(fleet);
      this.#gates.check(fleet);
      this.#failures.check(fleet);
      this.#goesOn(fleet);
    }
    return undefined;
  }

  #count(fleet: string): void {
    const state = this.#world.image.rollout(fleet)?.state ?? 'none';
    if (this.#states.get(fleet) !== state) this.seen[state] = (this.seen[state] ?? 0) + 1;
    this.#states.set(fleet, state);
  }

  /** What can go on goes on soon; when patience is over, who was not heard holds nobody up of whom something is known. */
  #goesOn(fleet: string): void {
    const { engine, image, time, isWell } = this.#world;
    const { rollouts, now } = engine.context;
    const view = rollouts.view(fleet, now);
    if (view === undefined || !view.isCounted || view.rollout.state !== 'running') return;
    const { rollout, policy, waves } = view;
    const dueAt = rollouts.of(fleet)?.dueAt(image, engine.desired, now);
    const isDue = dueAt !== undefined && dueAt <= now;
    if (!isDue || !isWell) this.#dueSince.delete(fleet);
    else if (!this.#dueSince.has(fleet)) this.#dueSince.set(fleet, time.now);
    if (time.now - (this.#dueSince.get(fleet) ?? time.now) > dueMsMax) {
      throw new Error(`${fleet} could go on since ${this.#dueSince.get(fleet)}: ${JSON.stringify(view)}`);
    }
    const { index, wave } = openWave(policy, rollout);
    const isOver = now > rollout.waveStartedAt + wave.gate.patienceMs;
    if (isDue || !isOver || view.verdict.code !== 'GATE_HOLDS') return;
    const { updated, failed } = waves[index]!.counts;
    if (updated > 0 && updated * 100 >= wave.gate.successPercent * (updated + failed)) {
      throw new Error(`patience is over and the gate holds: ${JSON.stringify(view)}`);
    }
  }

  /** Every device that does not run what git wants is shown with a reason, and is not shown running; planned anew nobody gets anything. */
  reasons(): void {
    const { engine, time, isWell } = this.#world;
    for (const name of engine.desired.devices.keys()) {
      const { desired, observed, permitted, context } = this.#world.standing(name);
      const { state, reason } = judge(desired, observed, context.now, context.keyId, permitted);
      const isAsWanted = observed.issued?.templateHash === desired.template.hash;
      if (state === 'running' && !isAsWanted && reason.code !== 'HELD')
        throw new Error(`${name} is shown running: ${reason.message}`);
      if (reason.code === '' || reason.message === '') throw new Error(`${name} has no reason`);
      const isQuiet = isWell && time.now - this.#wellSince > dueMsMax && context.isBranchSeen;
      if (!isQuiet || observed.unsettled !== undefined) continue;
      const decision = planDevice(permitted.device, observed, context.now, context.keyId, permitted);
      if (decision.kind === 'deploy' && decision.cause !== 'SEQUENCE_BEHIND') {
        throw new Error(`${name} is planned once more: ${decision.cause}, ${decision.message}`);
      }
    }
  }

  /** Everybody runs what git wants, truly, and every rollout is over. */
  get isDone(): boolean {
    return this.undone === undefined;
  }

  /** What is not as git wants it. */
  get undone(): string | undefined {
    const { engine, image, devices, fleets } = this.#world;
    for (const fleet of fleets) {
      if (image.rollout(fleet)?.state !== 'done')
        return JSON.stringify(engine.context.rollouts.view(fleet, engine.context.now));
    }
    const late = [...engine.desired.devices.values()].find(({ name, template }) => {
      const { issued } = image.device(name);
      const { running } = devices.get(name)!;
      return issued?.templateHash !== template.hash || running?.sequence !== issued.sequence;
    });
    return late?.name;
  }
}
