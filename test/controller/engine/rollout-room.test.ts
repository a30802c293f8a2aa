/** Who waits for room in the budget of its group gets it, however that becomes free. */
import test from 'ava';
import type { FleetRollout } from '../../../schemas/generated/types.ts';
import { minuteMs, RolloutScene } from './rollout-scene.ts';

const rollout: FleetRollout = { budget: { groupBy: 'group', maxUnavailable: 1 } };
/** Each with its own key, whoever else there is. */
const three = Object.fromEntries(
  ['one', 'two', 'three'].map((name, at) => [name, { keyFingerprint: `SHA256:${String(at).repeat(43)}` }]),
);

/** All of one group, of whom the first was just offered 1.1.0. */
async function begun() {
  const scene = await RolloutScene.open();
  await scene.commit({ release: '1.0.0', devices: three });
  await scene.say('runs', ...Object.keys(three));
  await scene.commit({ release: '1.1.0', rollout, devices: three });
  const offered = () => Object.keys(three).filter((name) => scene.has(name) === '1.1.0');
  return { scene, offered, first: offered()[0]! };
}

/** What the budget says to a device that waits for room. */
function whyNot(scene: RolloutScene, name: string): string {
  const reason = scene.whyNot(name);
  return reason?.code === 'BUDGET' ? reason.message : '';
}

test('a device that git names no longer leaves its room to one that waits for it', async (t) => {
  const { scene, offered, first } = await begun();
  const { [first]: _scrapped, ...devices } = three;
  await scene.commit({ release: '1.1.0', rollout, devices });
  t.is(offered().filter((name) => name !== first).length, 1);
});

test('a device that goes to another group leaves its room in the old one to one that waits for it', async (t) => {
  const { scene, offered, first } = await begun();
  await scene.commit({
    release: '1.1.0',
    rollout,
    devices: { ...three, [first]: { ...three[first], group: 'other' } },
  });
  t.is(offered().filter((name) => name !== first).length, 1);
});

test('a device that waits for room and may not take it leaves it to the next', async (t) => {
  const { scene, offered, first } = await begun();
  const second = Object.keys(three).find((name) => name !== first)!;
  const hold = { reason: 'sea trial' };
  await scene.commit({ release: '1.1.0', rollout, devices: { ...three, [second]: { ...three[second], hold } } });
  await scene.say('runs', first);
  t.is(offered().length, 2);
  t.false(offered().includes(second));
});

test('a device of which git names another key waits for room, though nobody knows how it is before it speaks', async (t) => {
  const { scene, offered, first } = await begun();
  const second = Object.keys(three).find((name) => name !== first)!;
  const anew = { ...three, [second]: { keyFingerprint: `SHA256:${'9'.repeat(43)}` } };
  await scene.commit({ release: '1.1.0', rollout, devices: anew });
  t.deepEqual(offered(), [first]);
  await scene.say('runs', first);
  t.deepEqual(offered(), [first], 'it may be gone: its group can do without no other');
  t.regex(whyNot(scene, second), new RegExp(`: ${second} has said nothing yet by the key that git names now$`));
  await scene.say('runs', second);
  t.is(offered().length, 2);
});

test('of devices that come into one group together, of whom one is on its way, none is offered anything before all are noted', async (t) => {
  const scene = await RolloutScene.open();
  const grouped = (groups: readonly string[]) =>
    Object.fromEntries(Object.entries(three).map(([name, spec], at) => [name, { ...spec, group: groups[at]! }]));
  await scene.commit({ release: '1.0.0', devices: grouped(['red', 'red', 'blue']) });
  await scene.say('runs', 'one', 'two', 'three');
  await scene.commit({ release: '1.1.0', rollout, devices: grouped(['red', 'red', 'blue']) });
  const waits = ['one', 'two'].find((name) => scene.has(name) === '1.0.0')!;
  t.is(scene.has('three'), '1.1.0');
  const together = ['one', 'two'].map((name) => (name === waits ? 'new' : 'red'));
  await scene.commit({ release: '1.1.0', rollout, devices: grouped([...together, 'new']) });
  t.is(scene.has(waits), '1.0.0', 'it waits for the one on its way');
  await scene.say('runs', 'three');
  t.is(scene.has(waits), '1.1.0');
});

/** All run 1.0.0 well, in a fleet with that budget. */
async function quiet() {
  const scene = await RolloutScene.open();
  await scene.commit({ release: '1.0.0', rollout, devices: three });
  for (const _ of Object.keys(three)) await scene.say('runs', ...Object.keys(three).filter((name) => scene.has(name)));
  const sequences = () => Object.keys(three).map((name) => scene.issued(name)?.sequence);
  return { scene, sequences };
}

/** The same devices with configuration of their own, as one that all of a site get. */
const moored = Object.fromEntries(
  Object.entries(three).map(([name, spec]) => [name, { ...spec, config: { berth: 7 } }]),
);

test('what manifests of devices or sites change reaches no more of a group at once than its budget lets, and why names who has the place', async (t) => {
  const { scene, sequences } = await quiet();
  t.deepEqual(sequences(), [1, 1, 1]);
  await scene.pass(minuteMs);
  await scene.commit({ release: '1.0.0', rollout, devices: moored });
  t.is(sequences().filter((sequence) => sequence === 2).length, 1);
  const first = Object.keys(three).find((name) => scene.issued(name)?.sequence === 2)!;
  const other = Object.keys(three).find((name) => name !== first)!;
  t.regex(whyNot(scene, other), new RegExp(`: ${first} was not heard since it was issued its newest$`));
  await scene.say('runs', first);
  t.is(sequences().filter((sequence) => sequence === 2).length, 2);
});

test('other windows go to all at once, also beside one that nobody heard; where it runs is not in doubt by that', async (t) => {
  const { scene, sequences } = await quiet();
  const windows = { activate: [{ cron: '0 2 * * *', duration: '4h' }] };
  await scene.commit({ release: '1.0.0', rollout, devices: { ...three, one: moored.one! } });
  t.deepEqual(sequences(), [2, 1, 1]);
  const desired = await scene.commit({ release: '1.0.0', rollout, windows, devices: { ...three, one: moored.one! } });
  t.deepEqual(sequences(), [3, 2, 2]);
  await scene.restart(desired);
  await scene.commit({ release: '1.0.0', rollout, windows, devices: moored });
  t.deepEqual(sequences(), [3, 2, 2], 'one has the place, whatever it was told since');
  await scene.say('runs', 'one');
  t.deepEqual(sequences(), [3, 3, 2]);
});

test('where as many failed as a commit lets fail from now on, nobody else is offered it before that is judged', async (t) => {
  const fleet = Object.fromEntries(['one', 'two', 'three', 'four'].map((name) => [name, { group: 'aurora' }]));
  const asked = (maxUnavailable: number, failures: number) =>
    ({
      ...{ waves: [{ name: 'all' }], gate: { failures, success: '1%', patience: '7d' } },
      budget: { groupBy: 'group', maxUnavailable },
    }) satisfies FleetRollout;
  const scene = await RolloutScene.open();
  await scene.commit({ release: '1.0.0', devices: fleet });
  await scene.say('runs', ...Object.keys(fleet));
  await scene.commit({ release: '1.1.0', rollout: asked(1, 3), devices: fleet });
  const [first] = Object.keys(fleet).filter((name) => scene.isAway(name));
  await scene.say('gave up', first!);
  const offered = scene.signed.length;
  await scene.commit({ release: '1.1.0', rollout: asked(3, 1), devices: fleet });
  t.is(scene.rollout?.state, 'halted');
  t.deepEqual(
    scene.signed.slice(offered).filter(({ release }) => release === '1.1.0'),
    [],
  );
});

test('a device that is offered again what was kept from it takes its place before the next of its group is asked', async (t) => {
  const asked: FleetRollout = { waves: [{ name: 'all' }], budget: { groupBy: 'group', maxUnavailable: 1 } };
  const scene = await RolloutScene.open();
  const devices = { one: { group: 'aurora' }, two: { group: 'aurora' }, three: { group: 'borea' } };
  await scene.commit({ release: '1.0.0', rollout: asked, devices });
  await scene.say('gave up', 'three');
  t.is(scene.rollout?.state, 'halted', 'nothing ran before: there is nothing to take anybody back to');
  await scene.pass(2 * minuteMs);
  scene.engine.tell({ kind: 'contact', device: 'one', connected: true });
  await scene.act('retry');
  const offered = Object.keys(devices).filter((name) => scene.isOffered(name));
  t.deepEqual(offered, ['one', 'three']);
});

test('a wave does not pass without a device that failed before a retry while the budget keeps that from being offered it again', async (t) => {
  const asked: FleetRollout = {
    ...{ waves: [{ name: 'all' }], gate: { failures: 1, success: '90%', patience: '1h' } },
    budget: { groupBy: 'group', maxUnavailable: 1 },
  };
  const devices = { one: { group: 'aurora' }, two: { group: 'aurora' }, three: { group: 'borea' } };
  const scene = await RolloutScene.open();
  await scene.commit({ release: '1.0.0', devices });
  await scene.say('runs', 'one', 'two', 'three');
  await scene.commit({ release: '1.1.0', rollout: asked, devices });
  await scene.say('runs', 'three');
  await scene.say('gave up', 'one');
  t.is(scene.rollout?.state, 'halted');
  const own = { ...devices, two: { ...devices.two, config: { berth: 7 } } };
  await scene.commit({ release: '1.1.0', rollout: asked, devices: own });
  await scene.act('retry');
  t.true(scene.isAway('two'), 'it has the place of its group');
  await scene.pass(61 * minuteMs);
  t.deepEqual(scene.view?.verdict, {
    code: 'RETRY_WAITS',
    message:
      '1 of 2 devices of wave all run it, 90 % have to; 1 that failed with what was offered before the retry was not offered it again yet',
  });
  await scene.say('runs', 'two');
  t.is(scene.issued('one')?.retries, 1);
  t.is(scene.rollout?.state, 'done', 'who was left behind holds nobody up');
});
