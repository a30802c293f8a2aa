/** What rollouts promise, held against what truly happened at every step. */

import { observe } from '../../../controller/engine/context.ts';
import { judge } from '../../../controller/planning/device-status.ts';
import type { IssuedDeployment } from '../../../controller/planning/observed.ts';
import { noReturns } from '../../../controller/planning/rollout/returning.ts';
import type { Rollout } from '../../../controller/planning/rollout/rollout.ts';
import { openWave, step } from '../../../controller/planning/rollout/step.ts';
import type { RolloutsWorld } from './rollouts-world.ts';

/** Longer than the longest pause of what could not be written. */
const dueMsMax = 20 * 60_000;

export class Promises {
  readonly #world: RolloutsWorld;
  #rollout: Rollout | undefined;
  #issued = new Map<string, IssuedDeployment>();
  /** Devices by group that were not heard at rest since the state came back as its backup was. */
  #unheard = new Map<string, readonly string[]>();
  #dueSince: number | undefined;
  /** What is known has not become so by anybody's decision. */
  #isAnew = false;
  /** Deployments that were signed. */
  deployments = 0;
  /** What rollouts came to. */
  readonly seen: Record<string, number> = {};

  constructor(world: RolloutsWorld) {
    this.#world = world;
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

  /** The state is as its backup was: what was issued since is not known any more. */
  restored(): void {
    this.#isAnew = true;
    this.#unheard = new Map(Map.groupBy(this.#world.devices.keys(), (name) => this.#world.groupOf(name)));
  }

  check(): undefined {
    const { image } = this.#world;
    const rollout = image.rollout('ships');
    if (rollout?.state !== this.#rollout?.state && rollout !== undefined) {
      this.seen[rollout.state] = (this.seen[rollout.state] ?? 0) + 1;
    }
    for (const name of this.#world.devices.keys()) {
      const { issued } = image.device(name);
      const isNews = issued !== undefined && issued.sequence !== this.#issued.get(name)?.sequence;
      if (isNews && !this.#isAnew && rollout !== undefined) this.#offered(name, issued, rollout);
      if (issued !== undefined) this.#issued.set(name, issued);
    }
    this.#isAnew = false;
    this.#budget();
    this.#goesOn();
    this.#rollout = rollout;
    return undefined;
  }

  /** A deployment became durable since the last look: as the rollout was then, or is now, it had to be permitted. */
  #offered(name: string, issued: IssuedDeployment, rollout: Rollout): void {
    const isPermitted = [this.#rollout, rollout].some((at) => at !== undefined && this.#mayBeOffered(name, issued, at));
    if (isPermitted || issued.definition === rollout.good || issued.definition === this.#rollout?.good) return;
    throw new Error(`${name} was offered ${issued.definition} while ${JSON.stringify([this.#rollout, rollout])}`);
  }

  #mayBeOffered(name: string, { definition }: IssuedDeployment, { target, state, wave }: Rollout): boolean {
    if (definition !== target) return false;
    const own = this.#world.engine.context.rollouts.of('ships')?.followed.waves.get(name) ?? 0;
    // Who was offered it before gets what its own manifest asks for since, also while nobody else is offered it.
    const isOnIt = this.#issued.get(name)?.definition === target;
    const isStopped = state === 'halted' || state === 'reverting';
    return state === 'done' || (state === 'running' && own <= wave) || (isOnIt && !isStopped);
  }

  /** The device was heard. */
  heard(device: string): void {
    const group = this.#world.groupOf(device);
    const left = this.#unheard.get(group)?.filter((name) => name !== device || this.#world.devices.get(name)!.isTrying);
    if (left?.length === 0) this.#unheard.delete(group);
    else if (left !== undefined) this.#unheard.set(group, left);
  }

  /** Never more than one of a group that truly is between two deployments; nobody knows of those that a lost state had told something. */
  #budget(): void {
    const trying = new Map<string, string>();
    for (const { name, isTrying, running } of this.#world.devices.values()) {
      const group = this.#world.groupOf(name);
      if (!isTrying || running === undefined || this.#unheard.has(group)) continue;
      const other = trying.get(group);
      if (other !== undefined) throw new Error(`${name} and ${other} of ${group} are on their way at once`);
      trying.set(group, name);
    }
  }

  /** What can go on goes on soon; when patience is over, who was not heard holds nobody up of whom something is known. */
  #goesOn(): void {
    const { engine, time, canWrite } = this.#world;
    const view = engine.context.rollouts.view('ships', time.now);
    if (view === undefined || !view.isCounted || view.rollout.state !== 'running') return;
    const { rollout, policy, waves } = view;
    const counts = waves.map((wave) => wave.counts);
    const isDue = step(rollout, policy, { counts, returns: noReturns }, time.now).rollout !== rollout;
    if (!isDue || !canWrite) this.#dueSince = undefined;
    else this.#dueSince ??= time.now;
    if (this.#dueSince !== undefined && time.now - this.#dueSince > dueMsMax) {
      throw new Error(`it could go on since ${this.#dueSince}: ${JSON.stringify(view)}`);
    }
    const { index, wave } = openWave(policy, rollout);
    const isOver = time.now > rollout.waveStartedAt + wave.gate.patienceMs;
    if (isDue || !isOver || view.verdict.code !== 'GATE_HOLDS') return;
    const { updated, failed } = counts[index]!;
    if (updated > 0 && updated * 100 >= wave.gate.successPercent * (updated + failed)) {
      throw new Error(`patience is over and the gate holds: ${JSON.stringify(view)}`);
    }
  }

  /** Every device that does not run what git wants is shown with a reason, and is not shown running. */
  reasons(): void {
    const { engine, image } = this.#world;
    const { context } = engine;
    for (const [name, desired] of context.desired.devices) {
      const observed = observe(image, context, name, desired);
      const permitted = context.rollouts.permitted(image, desired, observed, context.now);
      const { state, reason } = judge(desired, observed, context.now, context.keyId, permitted);
      const isAsWanted = observed.issued?.templateHash === desired.template.hash;
      if (state === 'running' && !isAsWanted) throw new Error(`${name} is shown running: ${reason.message}`);
      if (reason.code === '' || reason.message === '') throw new Error(`${name} has no reason`);
    }
  }

  /** Everybody runs what git wants, truly, and the rollout is over. */
  get isDone(): boolean {
    const { engine, image, devices } = this.#world;
    if (image.rollout('ships')?.state !== 'done') return false;
    return [...devices.values()].every(({ name, running }) => {
      const { issued } = image.device(name);
      return (
        running?.sequence === issued?.sequence &&
        issued?.templateHash === engine.desired.devices.get(name)?.template.hash
      );
    });
  }
}
