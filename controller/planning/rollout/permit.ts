/** Which definition one device may be drawn from now. What of it is sent is `planDevice`'s to say. */
import type { Reason } from '../../../schemas/generated/types.ts';
import { isWithheld } from '../observed.ts';
import { hasPlace, noRoomText, type Room } from './budget.ts';
import { awaitsDeltas } from './deltas.ts';
import { type DeviceInRollout, type Fate, fateOf, isOffered, retriesOf } from './fate.ts';
import type { RolloutPolicy } from './policy.ts';
import { goesBack, type Rollout } from './rollout.ts';
import { needsYesBefore, openWave } from './step.ts';

/** `stay`: it is issued nothing now, whatever its manifests say. */
export interface Permit {
  readonly kind: 'target' | 'good' | 'stay';
  /** It gave up the target before, and shall be issued it again. */
  readonly isAnew?: boolean;
  /** What keeps it from the target; absent when nothing does. */
  readonly reason?: Reason;
}

/** The rollout of its fleet. */
export interface Permitting {
  readonly rollout: Rollout;
  readonly policy: RolloutPolicy;
}

function stay(code: string, message: string): Permit {
  return { kind: 'stay', reason: { code, message } };
}

/**
 * The permit of a device that would have to stop something for what it allows, whoever asks for it: that takes a place in the budget of
 * its group, unless the device has one already.
 */
export function withinBudget(device: DeviceInRollout, permit: Permit, room: Room): Permit {
  if (device.group === undefined || permit.kind === 'stay' || room.spare > 0 || hasPlace(device)) return permit;
  return stay('BUDGET', noRoomText(device.group, room));
}

/** Offered, and for all that is known not switched over to; or given up before a retry and not offered anew since. */
function isNotTaken(fate: Fate): boolean {
  return isOffered(fate) || fate === 'waiting';
}

function whenStopped(device: DeviceInRollout, fate: Fate, { rollout }: Permitting): Permit {
  const { state, good, reason, number } = rollout;
  const message = `rollout ${number} is ${state}: ${reason.message}`;
  const why = { code: 'ROLLOUT_HALTED', message };
  if (good === undefined) {
    const { report } = device.observed;
    const nothing = '; it runs nothing, and there is nothing good to go back to';
    return stay(why.code, report !== undefined && report.running === undefined ? `${message}${nothing}` : message);
  }
  if (device.on === 'good') return { kind: 'good', reason: why };
  const isTakenBack = device.on !== 'target' || goesBack(rollout) || isNotTaken(fate);
  return { kind: isTakenBack ? 'good' : 'stay', reason: why };
}

/** Of one that waits: what its site or its own manifest change reaches it under the definition it is on. */
function waits(device: DeviceInRollout, code: string, message: string): Permit {
  return { kind: device.on === 'good' ? 'good' : 'stay', reason: { code, message } };
}

function whenRunning(device: DeviceInRollout, { rollout, policy }: Permitting): Permit {
  const { index, wave } = openWave(policy, rollout);
  const own = policy.waves[device.wave]!;
  if (device.wave > index) {
    return waits(device, 'WAVE_WAITS', `it is in wave ${own.name}; wave ${wave.name} goes before`);
  }
  if (device.wave === index && needsYesBefore(wave, rollout)) {
    return waits(device, 'NEEDS_APPROVAL', `wave ${wave.name} starts when somebody says yes`);
  }
  if (device.wave === index && awaitsDeltas(policy, rollout, index)) {
    return waits(device, 'NEEDS_DELTAS', `wave ${wave.name} waits for deltas to what it brings`);
  }
  return { kind: 'target', ...(device.on === 'target' && !isWithheld(device.observed) ? { isAnew: true } : {}) };
}

/** What one device may get as far as waves go; `withinBudget` says whether it may have it now. */
export function permit(device: DeviceInRollout, permitting: Permitting): Permit {
  const { rollout } = permitting;
  if (device.isHeld) return stay('HELD', 'its manifest holds it');
  const fate = fateOf(device, retriesOf(rollout));
  if (rollout.state === 'halted' || rollout.state === 'reverting') return whenStopped(device, fate, permitting);
  if (device.on === 'target' && fate !== 'waiting') return { kind: 'target' };
  switch (rollout.state) {
    case 'paused':
      return waits(device, 'ROLLOUT_PAUSED', rollout.reason.message);
    case 'done':
      return { kind: 'target' };
    case 'running':
      return whenRunning(device, permitting);
    default:
      return rollout.state satisfies never;
  }
}
