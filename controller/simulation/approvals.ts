/** For whose yes a rollout waits. Pure. */
import type { RolloutPolicy } from '../planning/rollout/policy.ts';
import type { Rollout } from '../planning/rollout/rollout.ts';
import { needsYesBefore, openWave } from '../planning/rollout/step.ts';

/** The wave that somebody has to say yes to before it goes on; undefined where it waits for nobody. */
export function waveToApprove(rollout: Rollout, policy: RolloutPolicy, now: number): string | undefined {
  if (rollout.state !== 'running') return undefined;
  const { wave } = openWave(policy, rollout);
  if (needsYesBefore(wave, rollout)) return wave.name;
  const { gatePassedAt, approved } = rollout;
  const hasPassed = gatePassedAt !== undefined && now >= gatePassedAt + wave.soakMs;
  return hasPassed && wave.approve === 'after' && !approved.includes(wave.name) ? wave.name : undefined;
}
