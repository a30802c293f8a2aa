/** What a commit does to a rollout that is under way when it changes its waves and nothing else. */
import { canonicalJson } from '../../manifests/canonical-json.ts';
import type { RolloutPolicy } from './policy.ts';
import { type Rollout, withEvent } from './rollout.ts';
import { openWave } from './step.ts';

/** What the gate of the open wave is asked, and of whom. */
function question(rollout: Rollout, policy: RolloutPolicy): string {
  const { name, selector, limit, gate } = openWave(policy, rollout).wave;
  return canonicalJson({ name, selector, limit, gate });
}

/**
 * The rollout by its new waves. Those that are open stay open, by their place in the list; what a gate was asked before says nothing of what
 * it is asked now, so that a pass counts no more. All else of a policy holds from then on by itself.
 */
export function withWaves(
  rollout: Rollout,
  { before, after }: { readonly before: RolloutPolicy; readonly after: RolloutPolicy },
  now: number,
): Rollout {
  const { gatePassedAt, ...unpassed } = rollout;
  if (gatePassedAt === undefined || rollout.state === 'done') return rollout;
  if (question(rollout, before) === question(rollout, after)) return rollout;
  const { name } = openWave(after, rollout).wave;
  const reason = { code: 'WAVES_CHANGED', message: `a commit changed wave ${name}, which is judged anew` };
  return withEvent({ ...unpassed, ...(rollout.state === 'running' ? { reason } : {}) }, now, reason);
}
