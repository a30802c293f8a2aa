import test from 'ava';
import { withWaves } from '../../../../controller/planning/rollout/changed-waves.ts';
import type { RolloutPolicy, Wave } from '../../../../controller/planning/rollout/policy.ts';
import type { Rollout } from '../../../../controller/planning/rollout/rollout.ts';
import { strictGate } from './strict-gate.ts';
import { fresh, startMs } from './world.ts';

const wave: Wave = { name: 'canary', soakMs: 600_000, gate: strictGate() };
const before: RolloutPolicy = { waves: [wave, { ...wave, name: 'rest' }], onFailure: 'halt' };
const soaking: Rollout = { ...fresh(true), gatePassedAt: startMs };

/** The policy with its first wave otherwise. */
function policyWith(more: Partial<Wave>): RolloutPolicy {
  return { ...before, waves: [{ ...wave, ...more }, ...before.waves.slice(1)] };
}

test('a gate that is another one while its wave soaks is judged anew, and so is a wave of other devices', (t) => {
  const strict = policyWith({ gate: { ...wave.gate, contacts: { kind: 'count', count: 5 } } });
  for (const after of [strict, policyWith({ limit: { kind: 'count', count: 5 } })]) {
    const rollout = withWaves(soaking, { before, after }, startMs + 1000);
    t.is(rollout.gatePassedAt, undefined);
    t.like(rollout.reason, { code: 'WAVES_CHANGED', message: 'a commit changed wave canary, which is judged anew' });
    t.is(rollout.events.at(-1)?.at, startMs + 1000);
  }
  const paused = withWaves({ ...soaking, state: 'paused' }, { before, after: strict }, startMs);
  t.deepEqual([paused.gatePassedAt, paused.reason], [undefined, soaking.reason]);
});

test('what changes of a policy besides the gate of the open wave leaves a pass as it is', (t) => {
  const others: readonly RolloutPolicy[] = [
    policyWith({ soakMs: 1 }),
    policyWith({ approve: 'after' }),
    { ...before, onFailure: 'revert' },
    { ...before, waves: [wave] },
  ];
  for (const after of others) t.is(withWaves(soaking, { before, after }, startMs), soaking);
  t.is(
    withWaves(fresh(true), { before, after: policyWith({ limit: { kind: 'count', count: 5 } }) }, startMs).events
      .length,
    0,
  );
});
