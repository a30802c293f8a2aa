/** Who has the place of its group and can't give it back by itself is named, with what would do: and that does. */
import test from 'ava';
import type { FleetRollout } from '../../../schemas/generated/types.ts';
import { minuteMs, RolloutScene, type Wanted } from './rollout-scene.ts';

const rollout: FleetRollout = {
  waves: [
    { name: 'canary', selector: { matchLabels: { kind: 'canary' } }, gate: { patience: '1h' } },
    { name: 'rest' },
  ],
  budget: { groupBy: 'group', maxUnavailable: 1 },
};
const twin = { group: 'bridge', kind: 'canary', keyFingerprint: `SHA256:${'1'.repeat(43)}` };
const radar = { group: 'bridge', keyFingerprint: `SHA256:${'2'.repeat(43)}` };
const why =
  /: radar does badly, and its own wave comes later: an earlier wave or another group for it lets the others go on$/;

/** Its only canary waits for a radar of the last wave that runs nothing, as it gave up the first that it was offered. */
async function stuck() {
  const scene = await RolloutScene.open();
  await scene.commit({ release: '1.0.0', devices: { twin } });
  await scene.say('runs', 'twin');
  await scene.commit({ release: '1.0.0', rollout, devices: { twin, radar } });
  await scene.say('gave up', 'radar');
  const commit = async (devices: Wanted['devices']): Promise<void> => {
    await scene.commit({ release: '1.1.0', rollout, devices });
    await scene.pass(90 * minuteMs);
  };
  await commit({ twin, radar });
  return { scene, commit };
}

test('a wave that waits for a device of a later one that does badly says which, and so does who waits for it', async (t) => {
  const { scene, commit } = await stuck();
  for (const reason of [scene.view?.verdict, scene.whyNot('twin')]) t.regex(reason?.message ?? '', why);
  t.deepEqual([scene.view?.verdict.code, scene.whyNot('twin')?.code], ['NO_EVIDENCE', 'BUDGET']);
  await commit({ twin, radar: { ...radar, hold: { reason: 'broken' } } });
  t.is(scene.has('twin'), '1.0.0', 'to hold it brings it no nearer');
  t.regex(scene.view?.verdict.message ?? '', why);
});

test('an earlier wave, another group, or no manifest for who does badly lets the others of its group go on', async (t) => {
  const first = await stuck();
  await first.commit({ twin, radar: { ...radar, kind: 'canary' } });
  t.deepEqual(
    ['radar', 'twin'].map((name) => first.scene.has(name)),
    ['1.1.0', '1.0.0'],
  );
  await first.scene.say('runs', 'radar');
  t.is(first.scene.has('twin'), '1.1.0');
  for (const devices of [{ twin, radar: { ...radar, group: 'shed' } }, { twin }]) {
    const { scene, commit } = await stuck();
    await commit(devices);
    t.is(scene.has('twin'), '1.1.0');
    await scene.say('runs', 'twin');
    t.is(scene.rollout?.wave, 1);
  }
});
