/**
 * As many failures as halt a wave halt its rollout, by what its devices said: from when they are known nobody is offered what it
 * brings, and soon it is halted or goes back.
 */
import type { DesiredDevice } from '../../../controller/manifests/desired.ts';
import { pinsOf } from '../../../controller/planning/hold.ts';
import { type IssuedDeployment, isFailing } from '../../../controller/planning/observed.ts';
import type { Wave } from '../../../controller/planning/rollout/policy.ts';
import type { Rollout } from '../../../controller/planning/rollout/rollout.ts';
import type { RolloutsWorld } from './rollouts-world.ts';

/** Longer than the longest pause of what could not be written. */
const dueMsMax = 20 * 60_000;

/** That as many are known to have failed as halt it. */
interface Halting {
  /** Which rollout, between which retries, by which policy. */
  readonly rollout: string;
  readonly waves: readonly Wave[];
  /** By the clock of the controller. */
  readonly knownAt: number;
  /** By the world's, since when nothing keeps it from being halted. */
  wellSince: number;
  /** What devices had then. */
  readonly issued: ReadonlyMap<string, IssuedDeployment | undefined>;
}

/** So many failures surely halt a wave of at most so many devices. */
function failuresMax({ gate }: Wave, size: number): number {
  const { failures } = gate;
  return Math.max(1, failures.kind === 'count' ? failures.count : Math.ceil((failures.percent * size) / 100));
}

export class FailurePromise {
  readonly #world: RolloutsWorld;
  readonly #halting = new Map<string, Halting>();

  constructor(world: RolloutsWorld) {
    this.#world = world;
  }

  restored(): void {
    this.#halting.clear();
  }

  check(fleet: string): void {
    const followed = this.#world.engine.context.rollouts.of(fleet)?.followed;
    const rollout = this.#world.image.rollout(fleet);
    const goesOn = rollout?.state === 'running' || rollout?.state === 'paused';
    if (!goesOn || followed?.target !== rollout.target) return void this.#halting.delete(fleet);
    const key = `${rollout.number} ${rollout.retries}`;
    const before = this.#halting.get(fleet);
    const isSame = before?.rollout === key && before.waves === followed.policy.waves;
    if (!this.#hasFailed(rollout, followed.policy.waves, followed.waves)) return void this.#halting.delete(fleet);
    if (isSame) return this.#goesNoFurther(fleet, before, followed.waves.keys());
    const { now } = this.#world.engine.context;
    const issued = new Map(Array.from(followed.waves.keys(), (name) => [name, this.#world.image.device(name).issued]));
    this.#halting.set(fleet, {
      ...{ rollout: key, waves: followed.policy.waves, knownAt: now, issued },
      wellSince: this.#world.time.now,
    });
  }

  #goesNoFurther(fleet: string, halting: Halting, names: Iterable<string>): void {
    const { image, time, isWell, engine } = this.#world;
    for (const name of names) {
      const { issued } = image.device(name);
      if (issued === undefined || issued === halting.issued.get(name) || issued.issuedAt <= halting.knownAt) continue;
      if (issued.fleet !== fleet || issued.definition !== image.rollout(fleet)?.target) continue;
      throw new Error(`${name} was offered what too many failed: ${JSON.stringify([issued, image.rollout(fleet)])}`);
    }
    const isCounted = engine.context.rollouts.view(fleet, engine.context.now)?.isCounted === true;
    if (!isWell || !isCounted) halting.wellSince = time.now;
    if (time.now - halting.wellSince <= dueMsMax) return;
    throw new Error(`too many failed, and ${fleet} goes on: ${JSON.stringify(image.rollout(fleet))}`);
  }

  #hasFailed(rollout: Rollout, waves: readonly Wave[], drawn: ReadonlyMap<string, number>): boolean {
    const [failed, all] = [waves.map(() => 0), waves.map(() => 0)];
    for (const [name, wave] of drawn) {
      all[wave]! += 1;
      if (wave <= rollout.wave && this.#failedOn(name, rollout)) failed[wave]! += 1;
    }
    return waves.some((wave, index) => failed[index]! >= failuresMax(wave, all[index]!));
  }

  /** Whether a device said that it gave up what the rollout brings, or that it does badly by it. */
  #failedOn(name: string, { target, retries = 0 }: Rollout): boolean {
    const { image, engine } = this.#world;
    const { issued, gist } = image.device(name);
    if (issued === undefined || gist === undefined || gist.target !== undefined) return false;
    if (issued.definition !== target || (issued.retries ?? 0) < retries) return false;
    if (gist.highestSequence !== issued.sequence || this.#isPinned(engine.desired.devices.get(name))) return false;
    if (gist.running?.sequence !== issued.sequence) return gist.problem?.sequence === issued.sequence;
    return gist.phase === 'active' && gist.applications.some(isFailing);
  }

  #isPinned(desired: DesiredDevice | undefined): boolean {
    return desired === undefined || pinsOf(desired, this.#world.engine.context.now) !== undefined;
  }
}
