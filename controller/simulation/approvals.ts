/** For whose yes a rollout waits. Pure. */
import type { RolloutPolicy } from '../planning/rollout/policy.ts';
import type { Rollout } from '../planning/rollout/rollout.ts';
import { needsYesBefore, openWave } from '../planning/rollout/step.ts';

/** A wave that somebody has to say yes to before it goes on. */
export interface WaitingWave {
  readonly wave: string;
  readonly since: number;
}

/** Undefined where it waits for nobody. */
export function waveToApprove(rollout: Rollout, policy: RolloutPolicy, now: number): WaitingWave | undefined {
  if (rollout.state !== 'running') return undefined;
  const { wave } = openWave(policy, rollout);
  if (needsYesBefore(wave, rollout)) return { wave: wave.name, since: rollout.waveStartedAt };
  const { gatePassedAt, approved } = rollout;
  if (gatePassedAt === undefined || wave.approve !== 'after' || approved.includes(wave.name)) return undefined;
  const since = gatePassedAt + wave.soakMs;
  return now >= since ? { wave: wave.name, since } : undefined;
}
