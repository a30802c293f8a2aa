/** Devices that were offered what they shall have no more: it was halted, or a newer commit took its place. */
import test from 'ava';
import type { FleetRollout } from '../../../schemas/generated/types.ts';
import { minuteMs, RolloutScene, type Wanted } from './rollout-scene.ts';

const devices: Wanted['devices'] = { one: {}, two: { kind: 'canary' }, three: {} };
const names = Object.keys(devices);
const together: FleetRollout = { waves: [{ name: 'all' }] };
const canaryFirst: FleetRollout = {
  waves: [{ name: 'first', selector: { matchLabels: { kind: 'canary' } } }, { name: 'all' }],
};

/** All run 1.0.0 and were just offered 1.1.0. */
async function offered(): Promise<RolloutScene> {
  const scene = await RolloutScene.open();
  await scene.commit({ release: '1.0.0', rollout: together, devices });
  await scene.say('runs', ...names);
  await scene.commit({ release: '1.1.0', rollout: together, devices });
  return scene;
}

test('what a newer commit took the place of is kept from a device that has not taken it, until its wave is open', async (t) => {
  const scene = await offered();
  const newer: Wanted = { release: '1.1.0', rate: 2, rollout: canaryFirst, devices };
  await scene.commit(newer);
  t.deepEqual([scene.isOffered('one'), scene.isOffered('two')], [false, true]);
  t.deepEqual(scene.shown('one').reason, {
    code: 'WAVE_WAITS',
    message:
      'it is in wave all; wave first goes before; deployment 2 of commit 2222222, which it has not taken, is kept from it',
  });
  scene.engine.tell({ kind: 'contact', device: 'one', connected: true });
  await scene.restart(scene.engine.desired);
  t.false(scene.isOffered('one'), 'nor when it comes back, or after a restart');
  await scene.say('runs', 'two');
  t.true(scene.isOffered('one'));
  t.deepEqual(
    scene.signed.filter(({ device }) => device === 'one').map(({ sequence }) => sequence),
    [1, 2, 3],
  );
});

test('a device that has begun with what a newer commit took the place of goes on with what ran well', async (t) => {
  const scene = await offered();
  await scene.say('fetching', 'one');
  await scene.commit({ release: '1.1.0', rate: 2, rollout: canaryFirst, devices });
  t.deepEqual([scene.has('one'), scene.isOffered('one')], ['1.0.0', true]);
  await scene.say('runs', 'one');
  await scene.pass(minuteMs);
  t.is(scene.shown('one').reason.code, 'WAVE_WAITS');
  await scene.say('runs', 'two');
  t.is(scene.signed.filter(({ device }) => device === 'one').length, 4);
});

test('a first release that is halted is offered no more to devices that run nothing, and those that have begun are told to run nothing', async (t) => {
  const scene = await RolloutScene.open();
  await scene.commit({ release: '1.1.0', rollout: together, devices });
  t.deepEqual(
    names.map((name) => scene.has(name)),
    ['1.1.0', '1.1.0', '1.1.0'],
  );
  await scene.say('fetching', 'three');
  await scene.say('gave up', 'two');
  t.is(scene.rollout?.state, 'halted');
  t.deepEqual([scene.isOffered('one'), scene.has('three')], [false, undefined]);
  await scene.say('runs', 'three');
  t.like(scene.shown('three'), { state: 'progressing', reason: { code: 'ROLLOUT_HALTED' } });
  await scene.restart(scene.engine.desired);
  await scene.pass(minuteMs);
  t.deepEqual(scene.signed.map(({ release }) => release).slice(3), ['nothing']);
  await scene.act('retry');
  t.deepEqual([scene.isOffered('one'), scene.has('three')], [true, '1.1.0']);
});

test('a first release that is halted comes to no device that was still busy with the one before it', async (t) => {
  const scene = await RolloutScene.open();
  await scene.commit({ release: '1.0.0', rollout: together, devices });
  await scene.say('fetching', 'three');
  await scene.commit({ release: '1.1.0', rollout: together, devices });
  t.is(scene.has('three'), '1.1.0');
  await scene.act('abort');
  t.is(scene.has('three'), undefined, 'it is told to run nothing');
});
