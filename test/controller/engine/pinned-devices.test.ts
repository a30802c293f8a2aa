/** Devices whose hold names releases: what they get, and when, while their fleet goes its way. */
import test from 'ava';
import type { DeviceHold, FleetRollout } from '../../../schemas/generated/types.ts';
import { minuteMs, named, RolloutScene, startMs, type Wanted } from './rollout-scene.ts';

const hold: DeviceHold = { releases: { pump: '1.0.0' }, reason: 'sea trial' };
const two = named('one', 'two');
const inWaves: FleetRollout = { waves: [{ name: 'all' }] };

function heldAt(release: string, more: object = {}): Wanted['devices'] {
  return { ...two, one: { hold: { ...hold, releases: { pump: release }, ...more } } };
}

/** Both run 1.0.0, without waves or after them. */
async function running(rollout?: FleetRollout): Promise<RolloutScene> {
  const scene = await RolloutScene.open();
  const more = rollout === undefined ? {} : { rollout };
  await scene.commit({ release: '1.0.0', ...more, devices: two });
  await scene.say('runs', 'one', 'two');
  await scene.pass(minuteMs);
  return scene;
}

test('a device of a fleet without waves that is held at a release gets that, and what else its fleet brings, until the hold is over', async (t) => {
  const scene = await running();
  await scene.commit({ release: '1.1.0', devices: heldAt('1.0.0') });
  t.deepEqual([scene.has('one'), scene.has('two')], ['1.0.0', '1.1.0']);
  t.is(scene.signed.length, 3, 'it has that already, and is issued nothing');
  t.like(scene.shown('one'), {
    state: 'running',
    reason: { code: 'HELD', message: 'is held at pump 1.0.0: sea trial; that is deployment 1' },
  });
  await scene.commit({ release: '1.1.0', rate: 2, devices: heldAt('1.0.0') });
  t.is(scene.signed.length, 5);
  t.is(scene.has('one'), '1.0.0');
  await scene.commit({ release: '1.1.0', rate: 2, devices: two });
  t.is(scene.has('one'), '1.1.0');
});

test('a hold at a release that has an end is over then, by itself', async (t) => {
  const scene = await running();
  const until = new Date(startMs + 60 * minuteMs).toISOString();
  await scene.commit({ release: '1.1.0', devices: heldAt('1.0.0', { until }) });
  await scene.pass(50 * minuteMs);
  t.is(scene.has('one'), '1.0.0');
  await scene.pass(20 * minuteMs);
  t.is(scene.has('one'), '1.1.0');
  t.is(scene.signed.length, 4);
});

test('a device that is held at a release is put on it, is counted as held and keeps nobody waiting, whatever becomes of it there', async (t) => {
  const scene = await running(inWaves);
  await scene.commit({ release: '1.0.0', rollout: inWaves, devices: heldAt('1.1.0') });
  t.is(scene.has('one'), '1.1.0');
  await scene.say('gave up', 'one');
  t.like(scene.view?.waves[0]?.counts, { held: 1, updated: 1, failed: 0 });
  t.is(scene.rollout?.state, 'done');
  await scene.commit({ release: '1.1.0', rollout: inWaves, devices: heldAt('1.1.0') });
  t.like(scene.view?.waves[0]?.counts, { held: 1, failed: 0 });
  await scene.say('runs', 'two');
  t.is(scene.rollout?.state, 'done');
});

test('what else its fleet brings comes to a device that is held at a release when all others have it, and never when it is halted', async (t) => {
  const scene = await running(inWaves);
  const devices = heldAt('1.0.0');
  await scene.commit({ release: '1.0.0', rate: 2, rollout: inWaves, devices });
  t.is(scene.signed.filter(({ device }) => device === 'one').length, 1, 'not before the others');
  await scene.say('runs', 'two');
  t.is(scene.rollout?.state, 'done');
  t.is(scene.signed.filter(({ device }) => device === 'one').length, 2);
  await scene.say('runs', 'one');
  await scene.commit({ release: '1.1.0', rate: 3, rollout: inWaves, devices });
  await scene.say('gave up', 'two');
  t.is(scene.rollout?.state, 'halted');
  await scene.restart(scene.engine.desired);
  await scene.pass(minuteMs);
  t.is(scene.signed.filter(({ device }) => device === 'one').length, 2);
  t.like(scene.shown('one'), { state: 'running', reason: { code: 'HELD' } });
});

test('a device whose hold at a release is over goes through its wave while a rollout runs, and to what was good when that is halted', async (t) => {
  const rollout: FleetRollout = {
    waves: [{ name: 'first', selector: { matchLabels: { kind: 'canary' } } }, { name: 'all' }],
  };
  const canary = { two: { kind: 'canary' } };
  const scene = await running(inWaves);
  await scene.commit({ release: '1.0.0', rollout, devices: { ...heldAt('1.1.0'), ...canary } });
  await scene.say('runs', 'one', 'two');
  t.is(scene.has('one'), '1.1.0');
  await scene.commit({ release: '1.0.0', rate: 2, rollout, devices: { one: {}, ...canary } });
  t.is(scene.has('one'), '1.1.0', 'its wave is not open');
  await scene.say('gave up', 'two');
  t.is(scene.rollout?.state, 'halted');
  t.is(scene.has('one'), '1.0.0');
});

test('a device is put on the release that it is held at as the budget of its group lets it', async (t) => {
  const rollout: FleetRollout = { ...inWaves, budget: { groupBy: 'group', maxUnavailable: 1 } };
  const grouped = { one: { group: 'radar' }, two: { group: 'radar' } };
  const scene = await RolloutScene.open();
  await scene.commit({ release: '1.0.0', rollout, devices: grouped });
  for (const name of ['one', 'two', 'one', 'two']) await scene.say('runs', name);
  const at = { hold: { ...hold, releases: { pump: '1.1.0' } } };
  await scene.commit({
    release: '1.0.0',
    rollout,
    devices: { one: { ...grouped.one, ...at }, two: { ...grouped.two, ...at } },
  });
  const has = () => [scene.has('one'), scene.has('two')].sort();
  t.deepEqual(has(), ['1.0.0', '1.1.0']);
  const first = scene.has('one') === '1.1.0' ? 'one' : 'two';
  t.is(scene.shown(first === 'one' ? 'two' : 'one').reason.code, 'BUDGET');
  await scene.say('runs', first);
  t.deepEqual(has(), ['1.1.0', '1.1.0']);
});

test('a device that is held at a release keeps what it has while its fleet has completed nothing yet', async (t) => {
  const scene = await RolloutScene.open();
  const rollout: FleetRollout = { waves: [{ name: 'all', approve: 'before' }] };
  await scene.commit({ release: '1.0.0', rollout, devices: heldAt('1.1.0') });
  await scene.say('runs');
  t.is(scene.has('one'), undefined);
  t.like(scene.rollout, { state: 'running' });
  await scene.act('approve');
  await scene.say('runs', 'two');
  t.is(scene.rollout?.state, 'done');
  t.is(scene.has('one'), '1.1.0');
});

test('what was withheld from a held device is offered it again when its hold names just that', async (t) => {
  const scene = await running(inWaves);
  await scene.commit({ release: '1.1.0', rollout: inWaves, devices: two });
  await scene.commit({
    release: '1.1.0',
    rollout: inWaves,
    devices: { ...two, one: { hold: { reason: 'sea trial' } } },
  });
  t.false(scene.isOffered('one'));
  await scene.commit({ release: '1.1.0', rollout: inWaves, devices: heldAt('1.1.0') });
  t.true(scene.isOffered('one'));
  t.is(scene.signed.length, 4, 'the very same');
});

test('a first release that is halted comes to no device that is held at another one, whether it has begun with it or not', async (t) => {
  const rollout: FleetRollout = { ...inWaves, gate: { failures: 2 } };
  const pinned = { hold };
  const devices = { ...named('one', 'two', 'three'), four: {} };
  const scene = await RolloutScene.open();
  await scene.commit({ release: '1.1.0', rollout, devices });
  await scene.say('fetching', 'two');
  await scene.commit({ release: '1.1.0', rollout, devices: { ...devices, one: pinned, two: pinned } });
  t.deepEqual([scene.isOffered('one'), scene.has('two')], [false, '1.1.0']);
  await scene.say('gave up', 'three', 'four');
  t.is(scene.rollout?.state, 'halted');
  t.deepEqual([scene.isOffered('one'), scene.has('two')], [false, undefined], 'who has begun is told to run nothing');
});
