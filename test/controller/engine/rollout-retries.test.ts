/** Rollouts that somebody tries again. */
import test from 'ava';
import type { FleetRollout } from '../../../schemas/generated/types.ts';
import { minuteMs, RolloutScene, type Wanted } from './rollout-scene.ts';

const rollout: FleetRollout = {
  waves: [{ name: 'first', selector: { matchLabels: { kind: 'canary' } }, soak: '10m' }, { name: 'all' }],
};
const canary = { kind: 'canary' };
const devices: Wanted['devices'] = { one: canary, two: canary, three: canary, four: {} };

/** The first wave soaks after a retry: `one` was offered it again, the others run it since before that. */
async function soaking(): Promise<RolloutScene> {
  const scene = await RolloutScene.open();
  await scene.commit({ release: '1.0.0', devices });
  await scene.say('runs', ...Object.keys(devices));
  await scene.commit({ release: '1.1.0', rollout, devices });
  await scene.say('runs', 'two', 'three');
  await scene.say('gave up', 'one');
  await scene.act('retry');
  await scene.say('runs', 'one');
  return scene;
}

for (const names of [['two'], ['two', 'three']])
  test(`a wave that is watched after a retry does not pass while ${names.length} of 3 do badly, who ran it before the retry too`, async (t) => {
    const scene = await soaking();
    t.is(scene.view?.verdict.code, 'SOAKING');
    await scene.pass(minuteMs);
    await scene.say('does badly', ...names);
    await scene.pass(30 * minuteMs);
    t.is(scene.has('four'), '1.0.0');
    await scene.say('does badly', 'two');
    t.like(scene.rollout, { state: 'halted', reason: { code: 'TOO_MANY_FAILURES' } });
    t.is(scene.has('four'), '1.0.0');
  });

test('of a device that failed and waits to be tried again it is told why it is not offered it yet, and who has its place', async (t) => {
  const scene = await RolloutScene.open();
  const budget = { groupBy: 'group', maxUnavailable: 1 };
  const pair = { one: { group: 'aurora' }, two: { group: 'aurora' } };
  const asked: Wanted = { release: '1.1.0', rollout: { waves: [{ name: 'all' }], budget }, devices: pair };
  await scene.commit({ release: '1.0.0', devices: pair });
  await scene.say('runs', 'one', 'two');
  await scene.commit(asked);
  await scene.say('gave up', 'one');
  await scene.commit({ ...asked, devices: { ...pair, two: { ...pair.two, config: { berth: 7 } } } });
  await scene.act('retry');
  const { state, reason } = scene.shown('one');
  t.like(
    { state, ...reason },
    {
      ...{ state: 'failed', code: 'APPLICATION_FAILED' },
      message:
        'it ended; not tried again yet: as many devices of aurora as may be are on their way, or nobody knows of them: two is on its way',
    },
  );
});
