import test from 'ava';
import { simulate } from './run.ts';

/** Small worlds of every kind of trouble. */
const seeds = [1, 2, 3, 4];

for (const seed of seeds) {
  test(`a fleet of 8 lives through ten days of trouble and converges, seed ${seed}`, async (t) => {
    const { violation, summary } = await simulate({ seed, devices: 8, days: 10 });
    t.is(violation, undefined, `npm run sim -- --seed ${seed} --devices 8 --days 10`);
    t.true(summary.reboots > 8 && summary.controllerStarts > 3 && summary.deployments > 8);
  });
}

test('the same seed lives the same life, another seed another one', async (t) => {
  const options = { devices: 4, days: 4 };
  const first = await simulate({ ...options, seed: 5 });
  const again = await simulate({ ...options, seed: 5 });
  const other = await simulate({ ...options, seed: 6 });
  t.is(again.digest, first.digest);
  t.deepEqual(again.summary, first.summary);
  t.not(other.digest, first.digest);
});
