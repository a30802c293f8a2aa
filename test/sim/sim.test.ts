import test from 'ava';
import { simulate } from './run.ts';

/** Small worlds of every kind of trouble, one after the other: each is heard of when it is over. */
const seeds = [1];

for (const seed of seeds) {
  test.serial(`a fleet of 8 lives through six days of trouble and converges, seed ${seed}`, async (t) => {
    const { violation, summary } = await simulate({ seed, devices: 8, days: 6 });
    t.is(violation, undefined, `npm run sim -- --seed ${seed} --devices 8 --days 6`);
    t.true(summary.reboots > 8 && summary.controllerStarts > 3 && summary.deployments > 8 && summary.hostEnds > 8);
    t.true(summary.receipts > 3 && summary.renewals > 8);
  });
}

test.serial('the same seed lives the same life, another seed another one', async (t) => {
  const options = { devices: 3, days: 2 };
  const first = await simulate({ ...options, seed: 5 });
  const again = await simulate({ ...options, seed: 5 });
  const other = await simulate({ ...options, seed: 6 });
  t.is(again.digest, first.digest);
  t.deepEqual(again.summary, first.summary);
  t.not(other.digest, first.digest);
});
