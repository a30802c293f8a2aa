/** Devices of a fleet with waves that are held after they were offered something. */
import test from 'ava';
import type { FleetRollout } from '../../../schemas/generated/types.ts';
import { minuteMs, named, RolloutScene, type Wanted } from './rollout-scene.ts';

const hold = { reason: 'sea trial' };
const two = named('one', 'two');

function wanted(devices: Wanted['devices']): Wanted {
  return { release: '1.1.0', rollout: { waves: [{ name: 'all' }] }, devices };
}

/** Both run 1.0.0 and were just offered 1.1.0. */
async function offered(): Promise<RolloutScene> {
  const scene = await RolloutScene.open();
  await scene.commit({ release: '1.0.0', devices: two });
  await scene.say('runs', 'one', 'two');
  await scene.commit(wanted(two));
  return scene;
}

test('a device that is held before it took what it was offered is offered it no more, counts as held, and goes on with what it runs', async (t) => {
  const scene = await offered();
  await scene.commit(wanted({ ...two, one: { hold } }));
  t.false(scene.isOffered('one'));
  t.like(scene.view?.waves[0]?.counts, { held: 1, contacted: 1 });
  t.like(scene.shown('one'), {
    state: 'running',
    reason: {
      code: 'HELD',
      message: 'is held at deployment 1, before it took deployment 2, which is kept from it; held sea trial',
    },
  });
  await scene.say('runs', 'two');
  t.is(scene.rollout?.state, 'done', 'it keeps nobody waiting');
  scene.engine.tell({ kind: 'contact', device: 'one', connected: true });
  await scene.restart(scene.engine.desired);
  t.false(scene.isOffered('one'), 'nor after a restart');
  t.is(scene.signed.filter(({ device }) => device === 'one').length, 2);
});

test('what was withheld from a held device is offered again when it is let go, and never if it was halted meanwhile', async (t) => {
  const scene = await offered();
  await scene.commit(wanted({ ...two, one: { hold } }));
  await scene.commit(wanted(two));
  t.true(scene.isOffered('one'));
  t.is(scene.signed.length, 4, 'the very same');
  await scene.commit(wanted({ ...two, one: { hold } }));
  await scene.say('gave up', 'two');
  t.is(scene.rollout?.state, 'halted');
  t.false(scene.isOffered('one'));
  await scene.commit(wanted(two));
  t.is(scene.has('one'), '1.0.0');
});

test('what was withheld and halted is not offered again by the next rollout either, while the wave of the device that was let go waits', async (t) => {
  const scene = await offered();
  await scene.commit(wanted({ ...two, one: { hold } }));
  await scene.say('gave up', 'two');
  t.is(scene.rollout?.state, 'halted');
  const rollout: FleetRollout = {
    waves: [{ name: 'first', selector: { matchLabels: { kind: 'canary' } } }, { name: 'all' }],
  };
  await scene.commit({ release: '1.0.0', rate: 2, rollout, devices: { one: {}, two: { kind: 'canary' } } });
  t.deepEqual([scene.has('one'), scene.isOffered('one')], ['1.1.0', false]);
  await scene.pass(2 * minuteMs);
  await scene.say('runs', 'two');
  t.is(scene.has('one'), '1.0.0');
  t.true(scene.isOffered('one'));
});

test('what was withheld from a device is not offered it when git takes its key away, or names another', async (t) => {
  const scene = await offered();
  await scene.commit(wanted({ ...two, one: { hold } }));
  const keyless = { hold, keyFingerprint: undefined } as never;
  const desired = await scene.commit(wanted({ ...two, one: keyless }));
  t.is(desired.devices.get('one')?.keyFingerprint, undefined);
  t.false(scene.isOffered('one'));
  const keyFingerprint = `SHA256:${'b'.repeat(43)}`;
  await scene.commit(wanted({ ...two, one: { hold, keyFingerprint } }));
  t.is(scene.has('one'), '1.0.0', 'nobody knows whether it came to it');
});

test('a device that is held while it fetches what it was offered is taken back to what it ran', async (t) => {
  const scene = await offered();
  await scene.say('fetching', 'one');
  await scene.commit(wanted({ ...two, one: { hold } }));
  t.is(scene.has('one'), '1.0.0');
  t.true(scene.isOffered('one'));
  await scene.say('runs', 'one');
  await scene.pass(minuteMs);
  t.is(scene.signed.filter(({ device }) => device === 'one').length, 3, 'and nothing more');
  t.like(scene.view?.waves[0]?.counts, { held: 1, contacted: 1 });
});

test('a device that is held by the very commit that takes the place of what it fetches is taken back to what it ran', async (t) => {
  const scene = await offered();
  await scene.say('fetching', 'one');
  await scene.commit({ ...wanted({ ...two, one: { hold } }), rate: 2 });
  t.is(scene.has('one'), '1.0.0');
  await scene.say('runs', 'one');
  t.is(scene.shown('one').reason.code, 'HELD');
  t.is(scene.signed.filter(({ device }) => device === 'one').length, 3);
});

test('a device that is held goes on with what it was offered before, and never with what its fleet completed since', async (t) => {
  const scene = await RolloutScene.open();
  const asked: Wanted = { ...wanted({ ...two, one: { hold } }), release: '1.0.0' };
  await scene.commit({ ...asked, devices: two });
  await scene.commit(asked);
  await scene.say('runs', 'two');
  t.is(scene.rollout?.state, 'done');
  t.true(scene.isOffered('one'), 'it runs nothing and is held at that');
  await scene.commit({ ...asked, release: '1.1.0' });
  await scene.say('runs', 'two');
  t.like(scene.rollout, { state: 'done', number: 2 });
  await scene.say('fetching', 'one');
  t.deepEqual([scene.has('one'), scene.isOffered('one')], ['1.0.0', true]);
  await scene.say('runs', 'one');
  t.is(scene.signed.filter(({ device }) => device === 'one').length, 1);
});

test('a device that is held on what is bad keeps it, and keeps nobody from being told to be back', async (t) => {
  const scene = await offered();
  await scene.say('runs', 'one');
  await scene.commit(wanted({ ...two, one: { hold } }));
  await scene.act('abort', { revert: true });
  await scene.say('runs', 'two');
  t.like(scene.rollout, { state: 'halted', reason: { code: 'REVERTED' } });
  t.regex(scene.rollout!.reason.message, /; 1 held with what they have, or without a key$/);
  t.is(scene.has('one'), '1.1.0');
});

test('in a fleet without waves what a held device has not taken is kept from it too', async (t) => {
  const scene = await RolloutScene.open();
  await scene.commit({ release: '1.0.0', devices: two });
  await scene.say('runs', 'one', 'two');
  await scene.commit({ release: '1.1.0', devices: two });
  await scene.commit({ release: '1.1.0', devices: { ...two, one: { hold } } });
  t.deepEqual([scene.isOffered('one'), scene.isOffered('two')], [false, true]);
  const keyFingerprint = `SHA256:${'b'.repeat(43)}`;
  await scene.commit({ release: '1.1.0', devices: { ...two, one: { hold, keyFingerprint } } });
  t.false(scene.isOffered('one'), 'nor by another key');
  await scene.commit({ release: '1.1.0', devices: two });
  t.true(scene.isOffered('one'));
});

test('a first release that is halted comes to no device that is held before it took it, also where that runs nothing', async (t) => {
  const scene = await RolloutScene.open();
  const three = named('one', 'two', 'three');
  await scene.commit(wanted(three));
  await scene.say('fetching', 'two');
  await scene.commit(wanted({ ...three, one: { hold }, two: { hold } }));
  await scene.say('gave up', 'three');
  t.is(scene.rollout?.state, 'halted');
  t.deepEqual([scene.isOffered('one'), scene.has('two')], [false, undefined], 'who has begun is told to run nothing');
  await scene.commit(wanted(three));
  t.false(scene.isOffered('one'), 'nor when it is let go');
});
