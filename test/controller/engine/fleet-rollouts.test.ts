/** Fleets with waves, followed by a real engine over a real state. */
import test from 'ava';
import type { FleetRollout } from '../../../schemas/generated/types.ts';
import { minuteMs, named, RolloutScene } from './rollout-scene.ts';

const canary: FleetRollout = { waves: [{ name: 'canary', limit: 1, soak: '10m' }, { name: 'rest' }] };
const three = named('one', 'two', 'three');

/** A fleet that runs 1.0.0 well, and whose canary was just offered 1.1.0. */
async function begun(rollout: FleetRollout = canary, devices = three) {
  const scene = await RolloutScene.open();
  await scene.commit({ release: '1.0.0', devices });
  await scene.say('runs', ...Object.keys(devices).filter((name) => scene.has(name) !== undefined));
  const desired = await scene.commit({ release: '1.1.0', rollout, devices });
  const names = Object.keys(devices);
  const first = names.filter((name) => scene.has(name) === '1.1.0');
  return { scene, desired, first, others: names.filter((name) => !first.includes(name)) };
}

test('the canary alone is offered a new release; the rest follows when it ran well and was watched long enough', async (t) => {
  const { scene, first, others } = await begun();
  t.is(first.length, 1);
  t.like(scene.view?.verdict, { code: 'GATE_HOLDS' });
  await scene.say('runs', ...first);
  t.like(scene.view?.verdict, { code: 'SOAKING' });
  await scene.pass(10 * minuteMs - 1);
  t.deepEqual(
    others.map((name) => scene.has(name)),
    ['1.0.0', '1.0.0'],
  );
  await scene.pass(1000);
  t.deepEqual(
    others.map((name) => scene.has(name)),
    ['1.1.0', '1.1.0'],
  );
  await scene.say('runs', ...others);
  t.like(scene.rollout, { state: 'done', good: scene.rollout?.target });
  t.is(scene.image.goodDefinition('ships')?.hash, scene.rollout?.target);
  t.like(scene.image.finishedRollouts('ships')[0], { outcome: 'done', number: scene.rollout?.number });
  t.is(scene.signed.length, 6, 'everybody once each');
});

test('a gate that a commit changes while its wave soaks is judged anew, and the wave watched anew', async (t) => {
  const { scene, first, others } = await begun();
  await scene.say('runs', ...first);
  await scene.pass(9 * minuteMs);
  const gate = { success: '50%' };
  const rollout: FleetRollout = { waves: [{ name: 'canary', limit: 1, soak: '10m', gate }, { name: 'rest' }] };
  await scene.commit({ release: '1.1.0', rollout, devices: three });
  await scene.pass(9 * minuteMs);
  t.like(scene.view?.verdict, { code: 'SOAKING' });
  t.deepEqual(
    scene.rollout?.events.map(({ code }) => code),
    ['ROLLOUT_STARTED', 'GATE_PASSED', 'WAVES_CHANGED', 'GATE_PASSED'],
  );
  await scene.pass(2 * minuteMs);
  t.is(scene.has(others[0]!), '1.1.0');
});

test('a release that the canary gives up is halted there: nobody else is offered it, and newcomers get what was good', async (t) => {
  const { scene, first, others } = await begun();
  await scene.say('gave up', ...first);
  t.like(scene.rollout, { state: 'halted', wave: 0 });
  await scene.pass(48 * 60 * minuteMs);
  t.deepEqual(
    others.map((name) => scene.has(name)),
    ['1.0.0', '1.0.0'],
  );
  await scene.commit({ release: '1.1.0', rollout: canary, devices: { ...three, ...named('four') } });
  t.is(scene.has('four'), '1.0.0');
  t.like(scene.rollout, { state: 'halted', number: scene.rollout?.number });
});

test('what is halted is taken from devices that were offered it and have not taken it', async (t) => {
  const { scene, first } = await begun({ waves: [{ name: 'rest' }] });
  t.is(first.length, 3);
  await scene.say('runs', 'one');
  await scene.say('gave up', 'two');
  t.is(scene.rollout?.state, 'halted');
  t.deepEqual(
    ['one', 'two', 'three'].map((name) => scene.has(name)),
    ['1.1.0', '1.1.0', '1.0.0'],
  );
});

test('with onFailure revert all devices go back', async (t) => {
  const { scene } = await begun({ waves: [{ name: 'rest', gate: { failures: 1 } }], onFailure: 'revert' });
  await scene.say('runs', 'one', 'two');
  await scene.say('gave up', 'three');
  t.is(scene.rollout?.state, 'reverting');
  t.deepEqual(
    ['one', 'two', 'three'].map((name) => scene.has(name)),
    ['1.0.0', '1.0.0', '1.0.0'],
  );
  await scene.say('runs', 'one', 'two');
  t.like(scene.view?.verdict, { code: 'REVERTING' });
  await scene.say('runs', 'three');
  t.like(scene.rollout, { state: 'halted', reason: { code: 'REVERTED' } });
});

test('nobody is taken back to a release that was removed, and the rollout says what would do until it is there again', async (t) => {
  const rollout: FleetRollout = { waves: [{ name: 'rest' }], onFailure: 'revert' };
  const { scene } = await begun(rollout);
  await scene.say('runs', 'one', 'two');
  await scene.commit({ release: '1.1.0', rollout, devices: three, removed: 'pump/1.0.0' });
  const message =
    'what its fleet ran before needs pump/1.0.0, which is among the releases no more: put it back, or commit a fix';
  t.deepEqual(await scene.act('abort', { revert: true }), { code: 'ACT_REFUSED', message });
  await scene.say('gave up', 'three');
  t.is(scene.rollout?.state, 'reverting');
  t.is(scene.signed.length, 6, 'nothing that a device would refuse');
  t.deepEqual(scene.view?.verdict, { code: 'GOOD_NOT_THERE', message });
  await scene.commit({ release: '1.1.0', rollout, devices: three });
  t.deepEqual(
    ['one', 'two', 'three'].map((name) => scene.has(name)),
    ['1.0.0', '1.0.0', '1.0.0'],
  );
});

test('what is halted is kept from devices that have not taken it also where there is nothing to take them back to', async (t) => {
  const rollout: FleetRollout = { waves: [{ name: 'rest' }] };
  const { scene } = await begun(rollout);
  await scene.commit({ release: '1.1.0', rollout, devices: three, removed: 'pump/1.0.0' });
  await scene.say('runs', 'one');
  await scene.say('gave up', 'two');
  t.is(scene.rollout?.state, 'halted');
  t.deepEqual([scene.has('three'), scene.isOffered('three'), scene.isOffered('one')], ['1.1.0', false, true]);
  await scene.act('retry');
  t.true(scene.isOffered('three'), 'the very same');
  await scene.act('abort');
  t.false(scene.isOffered('three'));
  await scene.commit({ release: '1.1.0', rollout, devices: three });
  t.deepEqual([scene.has('three'), scene.isOffered('three')], ['1.0.0', true]);
});

test('no more devices of a group are on their way than its budget lets, and the next goes when one is there', async (t) => {
  const { scene } = await begun({ budget: { groupBy: 'fleet', maxUnavailable: 1 } });
  const offered = () => ['one', 'two', 'three'].filter((name) => scene.has(name) === '1.1.0');
  for (const count of [1, 2, 3]) {
    await scene.say('fetching', ...offered().filter((name) => scene.running(name) !== '1.1.0'));
    t.is(offered().length, count);
    await scene.say('runs', ...offered());
  }
  t.is(scene.rollout?.state, 'done');
});

test('going back keeps to the budget too', async (t) => {
  const rollout: FleetRollout = {
    budget: { groupBy: 'fleet', maxUnavailable: 1 },
    waves: [{ name: 'all', gate: { failures: 1 } }],
  };
  const { scene } = await begun({ ...rollout, onFailure: 'revert' });
  const offered = () => ['one', 'two', 'three'].filter((name) => scene.has(name) === '1.1.0');
  const [first] = offered() as [string];
  await scene.say('runs', first);
  const second = offered().find((name) => name !== first)!;
  await scene.say('gave up', second);
  t.is(scene.rollout?.state, 'reverting');
  t.is(offered().length, 1);
  await scene.say('runs', ...['one', 'two', 'three'].filter((name) => scene.has(name) === '1.0.0'));
  t.deepEqual(offered(), []);
  await scene.say('runs', first, second);
  t.like(scene.rollout, { state: 'halted', reason: { code: 'REVERTED' } });
});

test('a dark canary holds the gate until patience is over, and gets nothing less when it returns', async (t) => {
  const rollout: FleetRollout = { waves: [{ name: 'canary', limit: 2, gate: { patience: '24h' } }, { name: 'rest' }] };
  const { scene, first, others } = await begun(rollout);
  await scene.say('runs', first[0]!);
  await scene.pass(23 * 60 * minuteMs);
  t.is(scene.has(others[0]!), '1.0.0');
  await scene.pass(61 * minuteMs);
  t.is(scene.has(others[0]!), '1.1.0');
  await scene.say('runs', first[1]!, others[0]!);
  t.is(scene.rollout?.state, 'done');
});

test('a newer commit supersedes: its canary goes first, and what was good stays what it was', async (t) => {
  const { scene, first } = await begun();
  const before = scene.rollout!;
  await scene.commit({ release: '1.1.0', rollout: canary, devices: three, rate: 2 });
  t.like(scene.rollout, { number: before.number + 1, state: 'running', good: before.good });
  t.is(scene.image.finishedRollouts('ships')[0]?.outcome, 'superseded');
  const changed = ['one', 'two', 'three'].filter((name) => scene.issued(name)?.definition === scene.rollout?.target);
  t.deepEqual(changed, first);
});

test('a commit that goes back to what was good reaches everybody at once', async (t) => {
  const { scene, first } = await begun();
  await scene.say('runs', ...first);
  await scene.commit({ release: '1.0.0', rollout: canary, devices: three });
  t.deepEqual(
    ['one', 'two', 'three'].map((name) => scene.has(name)),
    ['1.0.0', '1.0.0', '1.0.0'],
  );
  t.is(scene.rollout?.state, 'done');
});

test('a retry offers it anew to who gave it up', async (t) => {
  const { scene, first, others } = await begun();
  await scene.say('gave up', ...first);
  const sequence = scene.issued(first[0]!)!.sequence;
  await scene.pass(minuteMs);
  t.is(await scene.act('retry'), undefined);
  await scene.settle();
  t.is(scene.issued(first[0]!)?.sequence, sequence + 1);
  t.like(scene.rollout, { state: 'running' });
  await scene.say('runs', ...first);
  await scene.pass(11 * minuteMs);
  t.is(scene.has(others[0]!), '1.1.0');
});

test('a wave that wants a yes waits for it, and a pause holds what is not offered', async (t) => {
  const { scene, first, others } = await begun({
    waves: [{ name: 'canary', limit: 1, approve: 'after' }, { name: 'rest' }],
  });
  await scene.say('runs', ...first);
  t.is(scene.view?.verdict.code, 'NEEDS_APPROVAL');
  await scene.act('pause');
  await scene.act('approve');
  t.is(scene.has(others[0]!), '1.0.0');
  await scene.act('resume');
  await scene.settle();
  t.is(scene.has(others[0]!), '1.1.0');
  t.like(await scene.act('resume'), { code: 'ACT_REFUSED' });
  t.deepEqual(
    scene.rollout?.acts.map(({ act, who }) => `${who} ${act}`),
    ['ana pause', 'ana approve', 'ana resume'],
  );
});

test('a wave that wants a yes before it starts offers nothing until then', async (t) => {
  const { scene, first } = await begun({ waves: [{ name: 'all', approve: 'before' }] });
  t.deepEqual(first, []);
  await scene.act('approve');
  await scene.settle();
  t.deepEqual(
    ['one', 'two', 'three'].map((name) => scene.has(name)),
    ['1.1.0', '1.1.0', '1.1.0'],
  );
});

test('a device that waits gets what its own manifest changes, drawn by what was good', async (t) => {
  const { scene, others } = await begun();
  const [other] = others as [string];
  await scene.commit({ release: '1.1.0', rollout: canary, devices: { ...three, [other]: { config: { rate: 9 } } } });
  t.is(scene.has(other), '1.0.0');
  t.is(scene.issued(other)?.sequence, 2);
  t.is(scene.issued(other)?.definition, scene.rollout?.good);
});

test('a held device is passed by, and gets what git wants when it is let go', async (t) => {
  const { scene, others } = await begun();
  const [other] = others as [string];
  const held = { ...three, [other]: { hold: { reason: 'sea trial' } } };
  await scene.commit({ release: '1.1.0', rollout: { waves: [{ name: 'all' }] }, devices: held });
  t.is(scene.has(other), '1.0.0');
  await scene.say('runs', ...Object.keys(three).filter((name) => name !== other));
  t.is(scene.rollout?.state, 'done');
  await scene.commit({ release: '1.1.0', rollout: canary, devices: three });
  t.is(scene.has(other), '1.1.0');
});

/** A device that was held past a rollout that is done; another one has begun since, and its hold ends in an hour. */
async function heldPastOne() {
  const scene = await RolloutScene.open();
  const all: FleetRollout = { waves: [{ name: 'all' }] };
  await scene.commit({ release: '1.0.0', rollout: canary, devices: three });
  const names = Object.keys(three);
  const other = names.find((name) => scene.waves.get(name) === 1)!;
  const free = names.filter((name) => name !== other);
  await scene.commit({ release: '1.0.0', rollout: all, devices: three });
  await scene.say('runs', ...names);
  const until = new Date(scene.time.now + 60 * minuteMs).toISOString();
  const held = { ...three, [other]: { hold: { reason: 'sea trial', until } } };
  await scene.commit({ release: '1.1.0', rollout: all, devices: held });
  await scene.say('runs', ...free);
  await scene.commit({ release: '1.1.0', rate: 2, rollout: canary, devices: held });
  const canaries = free.filter((name) => scene.issued(name)?.definition === scene.rollout?.target);
  return { scene, other, canaries };
}

test('a device whose hold ends while a rollout runs keeps what it has until its wave is open', async (t) => {
  const { scene, other, canaries } = await heldPastOne();
  await scene.pass(61 * minuteMs);
  t.is(scene.rollout?.state, 'running');
  t.is(scene.has(other), '1.0.0');
  await scene.say('runs', ...canaries);
  await scene.pass(11 * minuteMs);
  t.is(scene.issued(other)?.definition, scene.rollout?.target);
});

test('a device whose hold ends when a rollout is halted gets what was good, and never what was halted', async (t) => {
  const { scene, other, canaries } = await heldPastOne();
  await scene.say('gave up', ...canaries);
  t.is(scene.rollout?.state, 'halted');
  t.is(scene.has(other), '1.0.0');
  await scene.pass(61 * minuteMs);
  t.is(scene.has(other), '1.1.0');
  t.is(scene.issued(other)?.definition, scene.rollout?.good);
});

test('a device without a key holds nobody up', async (t) => {
  const { scene } = await begun(
    { waves: [{ name: 'all' }] },
    { ...named('one', 'two'), spare: { keyFingerprint: undefined as never } },
  );
  await scene.say('runs', 'one', 'two');
  t.is(scene.rollout?.state, 'done');
});

test('a fleet that gives up its waves follows git at once', async (t) => {
  const { scene } = await begun();
  await scene.commit({ release: '1.1.0', devices: three });
  t.deepEqual(
    ['one', 'two', 'three'].map((name) => scene.has(name)),
    ['1.1.0', '1.1.0', '1.1.0'],
  );
  t.is(scene.rollout, undefined);
  t.like(await scene.act('pause'), { code: 'NO_ROLLOUT' });
});

test('a restart goes on where it was: nothing goes twice, the soak is not begun anew', async (t) => {
  const { scene, desired, first, others } = await begun();
  await scene.say('runs', ...first);
  await scene.pass(6 * minuteMs);
  const signed = scene.signed.length;
  await scene.restart(desired);
  t.is(scene.view?.isCounted, true);
  t.is(scene.signed.length, signed);
  await scene.pass(5 * minuteMs);
  t.deepEqual(
    others.map((name) => scene.has(name)),
    ['1.1.0', '1.1.0'],
  );
  t.is(scene.signed.length, signed + 2);
});
