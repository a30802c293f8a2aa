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
