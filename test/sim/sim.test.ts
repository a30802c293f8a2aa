import test from 'ava';
import { simulate } from './run.ts';

/** Small worlds of every kind of trouble. */
const seeds = [1, 2, 3, 4];

for (const seed of seeds) {
  test(`a fleet of 8 lives through eight days of trouble and converges, seed ${seed}`, async (t) => {
    const { violation, summary } = await simulate({ seed, devices: 8, days: 8 });
    t.is(violation, undefined, `npm run sim -- --seed ${seed} --devices 8 --days 8`);
    t.true(summary.reboots > 8 && summary.controllerStarts > 3 && summary.deployments > 8);
  });
}

/** Lives that something once did not survive; what it was has a test of its own where it was mended. */
const regressions = [
  { seed: 2, devices: 8, days: 6 },
  { seed: 225, devices: 8, days: 2 },
  { seed: 501, devices: 6, days: 8 },
];

for (const options of regressions) {
  const { seed, devices, days } = options;
  test(`${devices} devices live through ${days} days again, seed ${seed}`, async (t) => {
    const { violation } = await simulate(options);
    t.is(violation, undefined, `npm run sim -- --seed ${seed} --devices ${devices} --days ${days}`);
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
