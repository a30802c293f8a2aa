/** Devices for which a rollout changes nothing: their own manifests made what it brings of what was good. */
import test from 'ava';
import type { FleetRollout } from '../../../schemas/generated/types.ts';
import { RolloutScene, type Wanted } from './rollout-scene.ts';

const canaryFirst: FleetRollout = {
  waves: [{ name: 'first', selector: { matchLabels: { kind: 'canary' } } }, { name: 'all' }],
};
const pinned = { kind: 'canary', config: { rate: 5 } };

/** All run what was good, and a commit changes a value that the pinned ones have of their own. */
async function changed(devices: Wanted['devices']): Promise<RolloutScene> {
  const scene = await RolloutScene.open();
  await scene.commit({ release: '1.0.0', devices });
  await scene.say('runs', ...Object.keys(devices));
  await scene.commit({ release: '1.0.0', rate: 2, rollout: canaryFirst, devices });
  return scene;
}

test('a device that ran before what a rollout asks of it is no evidence of it', async (t) => {
  const scene = await changed({ one: { kind: 'canary' }, two: pinned, three: {} });
  t.like(scene.view?.waves[0]?.counts, { contacted: 1, updated: 0, unchanged: 1 });
  await scene.say('gave up', 'one');
  t.like(scene.rollout, {
    state: 'halted',
    reason: { message: '1 of 1 devices of wave first failed; 1 halt it' },
  });
  t.like(
    scene.view?.waves[0]?.counts,
    { waiting: 0, failed: 1, unchanged: 1 },
    'it waits for nothing when it is halted',
  );
  t.like(scene.view?.waves[1]?.counts, { waiting: 1, unchanged: 0 });
});

test('a wave that a rollout changes nothing for passes at once, and says that this shows nothing', async (t) => {
  const scene = await changed({ two: pinned, three: {} });
  const message = 'the gate of wave first has passed without evidence: nothing changes for its only device';
  t.true(scene.rollout?.events.some((event) => event.message === message));
  t.is(scene.rollout?.wave, 1);
  await scene.say('runs', 'three');
  t.is(scene.rollout?.state, 'done');
  const counts = scene.view?.waves.map(({ counts: { updated, unchanged } }) => [updated, unchanged]);
  await scene.restart(scene.engine.desired);
  t.deepEqual(
    [counts, scene.signed.length],
    [
      [
        [0, 1],
        [1, 0],
      ],
      3,
    ],
  );
});
