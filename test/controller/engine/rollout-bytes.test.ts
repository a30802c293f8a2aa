import test from 'ava';
import { named, RolloutScene } from './rollout-scene.ts';

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
