import test from 'ava';
import { minuteMs, named, RolloutScene, startMs } from './rollout-scene.ts';

const never = { bytes: { wholeModules: 'never' } } as const;

test('what a fleet says of updates without a delta stands in every deployment, that of going back too', async (t) => {
  const scene = await RolloutScene.open();
  const devices = named('aurora', 'borealis');
  await scene.commit({ release: '1.0.0', devices, rollout: never });
  await scene.say('runs', 'aurora', 'borealis');
  await scene.commit({ release: '1.1.0', devices, rollout: never });
  await scene.say('gave up', 'aurora');
  t.deepEqual(scene.signed.at(-1), { device: 'borealis', sequence: 3, release: '1.0.0', wholeModules: 'never' });
  t.true(scene.signed.every(({ wholeModules }) => wholeModules === 'never'));
  await scene.commit({ release: '1.1.0', devices, rollout: { bytes: { wholeModules: 'allow' } } });
  t.deepEqual(
    scene.signed.slice(5).filter(({ device }) => device === 'borealis'),
    [{ device: 'borealis', sequence: 4, release: '1.0.0' }],
  );
});

const ask = { bytes: { wholeModules: 'ask' } } as const;

/** A ship and another that run 1.0.0, and were issued 1.1.0 by a fleet that asks. */
async function asking(): Promise<RolloutScene> {
  const scene = await RolloutScene.open();
  const devices = named('aurora', 'borealis');
  await scene.commit({ release: '1.0.0', devices, rollout: ask });
  await scene.say('runs', 'aurora', 'borealis');
  await scene.commit({ release: '1.1.0', devices, rollout: ask });
  return scene;
}

test('a device that asks waits until it is let, and is issued the same once more, without having to ask', async (t) => {
  const scene = await asking();
  await scene.say('asks', 'aurora', 'borealis');
  t.is(scene.signed.length, 4);
  t.is(await scene.act('allow-whole', { device: 'aurora' }), undefined);
  t.deepEqual(scene.signed.slice(4), [{ device: 'aurora', sequence: 3, release: '1.1.0' }]);
  await scene.say('runs', 'aurora');
  t.is(scene.rollout?.state, 'running', 'the other one has not got it');
  t.is(await scene.act('allow-whole'), undefined);
  t.deepEqual(scene.signed.slice(5), [{ device: 'borealis', sequence: 3, release: '1.1.0' }]);
  await scene.say('runs', 'borealis');
  t.is(scene.rollout?.state, 'done');
});

test('who is let before it asks is issued nothing until it does, over a restart too, and nothing a second time', async (t) => {
  const scene = await asking();
  await scene.act('allow-whole', { device: 'aurora' });
  await scene.restart(scene.engine.desired);
  t.is(scene.signed.length, 4);
  await scene.say('asks', 'aurora', 'borealis');
  t.deepEqual(scene.signed.slice(4), [{ device: 'aurora', sequence: 3, release: '1.1.0' }]);
  await scene.repeat('aurora');
  await scene.say('asks', 'aurora');
  await scene.restart(scene.engine.desired);
  t.is(scene.signed.length, 5);
});

test('the next commit asks anew', async (t) => {
  const scene = await asking();
  await scene.act('allow-whole');
  await scene.say('asks', 'aurora', 'borealis');
  await scene.say('runs', 'aurora', 'borealis');
  await scene.commit({ release: '1.0.0', devices: named('aurora', 'borealis'), rollout: ask });
  t.deepEqual(
    scene.signed.slice(6).map(({ wholeModules }) => wholeModules),
    ['ask', 'ask'],
  );
});

test('a device that is not in the fleet is not let, and nobody where devices do not ask', async (t) => {
  const scene = await asking();
  t.like(await scene.act('allow-whole', { device: 'auroa' }), { message: 'fleet ships has no device auroa' });
  await scene.commit({ release: '1.1.0', devices: named('aurora', 'borealis'), rollout: never });
  t.like(await scene.act('allow-whole'), { code: 'ACT_REFUSED' });
  await scene.say('asks', 'aurora');
  t.is(scene.issued('aurora')?.sequence, 3, 'a device that asks unasked gets nothing for it');
});

test('a wave starts once its deltas are made, and says until then how many are missing and how long it waits', async (t) => {
  const scene = await RolloutScene.open();
  const devices = named('aurora');
  const rollout = { bytes: { patience: '2h' } };
  await scene.commit({ release: '1.0.0', devices, rollout });
  await scene.say('runs', 'aurora');
  const before = scene.signed.length;
  scene.deltas = 'unknown';
  await scene.commit({ release: '1.1.0', devices, rollout });
  t.is(scene.view?.verdict.message, 'wave rest waits for deltas to what it brings, until 2026-06-01T02:00Z');
  scene.deltas = { all: 4, open: 3 };
  scene.engine.lookAtDeltas();
  await scene.pass(90 * minuteMs);
  const { verdict, nextAt } = scene.view!;
  t.is(verdict.message, 'wave rest waits for 3 of 4 deltas to what it brings, until 2026-06-01T02:00Z');
  t.is(nextAt, startMs + 120 * minuteMs);
  t.is(scene.signed.length, before);
  await scene.restart(scene.engine.desired);
  t.is(scene.signed.length, before, 'a controller that starts knows what it waits for');
  scene.deltas = { all: 4, open: 0 };
  scene.engine.lookAtDeltas();
  await scene.settle();
  t.is(scene.signed.length, before + 1);
  t.is(scene.rollout?.waveStartedAt, startMs + 90 * minuteMs, 'its gate has its whole patience');
});

test('a wave starts without its deltas when patience with them is over', async (t) => {
  const scene = await RolloutScene.open();
  const devices = named('aurora');
  await scene.commit({ release: '1.0.0', devices, rollout: never });
  await scene.say('runs', 'aurora');
  scene.deltas = { all: 2, open: 1 };
  await scene.commit({ release: '1.1.0', devices, rollout: never });
  await scene.pass(59 * minuteMs);
  t.is(scene.has('aurora'), '1.0.0');
  await scene.pass(2 * minuteMs);
  t.is(scene.has('aurora'), '1.1.0');
  t.true(
    scene.rollout?.events.some(
      ({ message }) => message === 'wave rest starts without 1 of 2 deltas: patience for them is over',
    ),
  );
});
