/**
 * A wave never starts before the gate of the one before passed, its soak is over and who has to said yes: judged by what the devices
 * of the wave truly came to, not by what is counted of them.
 */
import type { DesiredDevice } from '../../../controller/manifests/desired.ts';
import { isHeld, pinsOf } from '../../../controller/planning/hold.ts';
import { isFailing } from '../../../controller/planning/observed.ts';
import type { RolloutPolicy, Wave } from '../../../controller/planning/rollout/policy.ts';
import type { Rollout } from '../../../controller/planning/rollout/rollout.ts';
import { openWave } from '../../../controller/planning/rollout/step.ts';
import type { RolloutsWorld } from './rollouts-world.ts';

interface Moment {
  readonly rollout: Rollout;
  readonly policy: RolloutPolicy;
}

/** How many devices of a wave came to which end, or to none. */
interface Truth {
  readonly updated: number;
  readonly failed: number;
  readonly left: number;
}

export class GatePromise {
  readonly #world: RolloutsWorld;
  readonly #before = new Map<string, Moment>();

  constructor(world: RolloutsWorld) {
    this.#world = world;
  }

  restored(): void {
    this.#before.clear();
  }

  check(fleet: string): void {
    const policy = this.#world.engine.context.rollouts.of(fleet)?.followed.policy;
    const rollout = this.#world.image.rollout(fleet);
    const before = this.#before.get(fleet);
    if (rollout === undefined || policy === undefined) return void this.#before.delete(fleet);
    const isSame = before?.rollout.number === rollout.number && before.policy === policy;
    if (isSame && before.rollout !== rollout) this.#moved(before, rollout);
    this.#before.set(fleet, { rollout, policy });
  }

  #moved({ rollout: before, policy }: Moment, rollout: Rollout): void {
    const hasPassed = rollout.gatePassedAt !== undefined && rollout.gatePassedAt !== before.gatePassedAt;
    if (hasPassed && rollout.wave === before.wave) this.#passed(rollout, policy);
    const isBeyond = rollout.wave > before.wave || (rollout.state === 'done' && before.state === 'running');
    if (isBeyond) this.#wentBeyond(before, rollout, policy);
  }

  #passed(rollout: Rollout, policy: RolloutPolicy): void {
    const { index, wave } = openWave(policy, rollout);
    const { now } = this.#world.engine.context;
    const truth = this.#truth(rollout, index);
    const { updated, failed, left } = truth;
    const fail = (why: string): never => {
      throw new Error(`${wave.name} of ${rollout.fleet} passed and ${why}: ${JSON.stringify([truth, rollout])}`);
    };
    const isPatienceOver = now >= rollout.waveStartedAt + wave.gate.patienceMs;
    if (left > 0 && !isPatienceOver) fail('some are not through with it while there is patience');
    if (updated + failed + left > 0 && updated + failed === 0) fail('nothing is known of any of its devices');
    if (updated * 100 < wave.gate.successPercent * (updated + failed)) fail('too few of its devices run it');
  }

  #wentBeyond(before: Rollout, rollout: Rollout, policy: RolloutPolicy): void {
    const { index, wave } = openWave(policy, before);
    if (rollout.wave > index + 1) throw new Error(`a wave of ${rollout.fleet} was skipped`);
    if (before.gatePassedAt === undefined) this.#passed({ ...before, fleet: rollout.fleet }, policy);
    this.#soaked(before, wave);
    if (wave.approve === 'after' && !rollout.approved.includes(wave.name)) {
      throw new Error(`nobody said yes to ${wave.name} of ${rollout.fleet}`);
    }
  }

  #soaked({ fleet, gatePassedAt }: Rollout, wave: Wave): void {
    const { now } = this.#world.engine.context;
    const sinceMs = now - (gatePassedAt ?? now);
    if (sinceMs < wave.soakMs) throw new Error(`${wave.name} of ${fleet} was watched for ${sinceMs} ms`);
  }

  #truth({ fleet, target, retries = 0 }: Rollout, index: number): Truth {
    const { engine } = this.#world;
    const { now, rollouts } = engine.context;
    const counted = { updated: 0, failed: 0, left: 0 };
    for (const [name, wave] of rollouts.of(fleet)!.followed.waves) {
      const desired = engine.desired.devices.get(name);
      if (wave !== index || desired === undefined || pinsOf(desired, now) !== undefined) continue;
      const end = this.#endOf(desired, target);
      const isAsked = (this.#world.image.device(name).issued?.retries ?? 0) >= retries;
      // What is held keeps nobody waiting, with what it was offered before or without; nor does what it failed before it could be asked again.
      if (!isHeld(desired, now) || end === 'updated' || (end === 'failed' && isAsked)) counted[end] += 1;
    }
    return counted;
  }

  /** What a device came to with the target; what it has not told yet of a failure nobody can know. */
  #endOf({ name, template }: DesiredDevice, target: string): keyof Truth {
    const { issued, gist } = this.#world.image.device(name);
    if (issued === undefined || (issued.definition !== target && issued.templateHash !== template.hash)) return 'left';
    const signed = this.#world.signedFor(name, issued.sequence);
    const end = signed === undefined ? 'left' : this.#world.devices.get(name)!.endOf(signed);
    if (end === 'failed') return gist?.problem?.sequence === issued.sequence ? 'failed' : 'left';
    const ails = gist?.running?.sequence === issued.sequence && gist.applications.some(isFailing);
    return end === 'updated' && ails ? 'failed' : end;
  }
}
