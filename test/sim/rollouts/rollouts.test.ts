/**
 * Rollouts lived through. The test run has 50 small lives: 12 to 30 devices over 10 to 20 days with 6 commits. Whole ones, of 200
 * devices over 60 days with 20 commits, take about 15 s of a processor each:
 *
 *     ROLLOUT_SEEDS=100-150 npx ava test/sim/rollouts/rollouts.test.ts
 *     ROLLOUT_SMALL=17 npx ava test/sim/rollouts/rollouts.test.ts          small ones, by their seeds
 */
import test from 'ava';
import { RolloutsWorld, type WorldOptions } from './rollouts-world.ts';

const dayMs = 86_400_000;

async function live(options: WorldOptions): Promise<RolloutsWorld> {
  const world = new RolloutsWorld(options);
  await world.start();
  for (let day = 0; day < options.days; day += 1) {
    await world.run(dayMs);
    world.promises.reasons();
  }
  await world.end();
  return world;
}

function smallLife(seed: number): WorldOptions {
  return { seed, devices: 12 + (seed % 4) * 6, days: 10 + (seed % 3) * 5, commits: 6 };
}

function wholeLife(seed: number): WorldOptions {
  return { seed, devices: 200, days: 60, commits: 20 };
}

function* seedsIn(text: string): Generator<number> {
  const [first = 1, last = first] = text.split('-').map(Number);
  for (let seed = first; seed <= last; seed += 1) yield seed;
}

const { ROLLOUT_SEEDS: whole, ROLLOUT_SMALL: small = '1-50' } = process.env;

for (const options of whole === undefined ? [...seedsIn(small)].map(smallLife) : [...seedsIn(whole)].map(wholeLife)) {
  const { seed, devices, days } = options;
  test.serial(
    `rollouts over ${devices} devices and ${days} days of trouble keep what they promise, seed ${seed}`,
    async (t) => {
      const { promises } = await live(options);
      t.true(promises.isDone, 'in peace it comes to its end');
    },
  );
}
