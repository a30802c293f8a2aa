/** Rollouts lived through; `ROLLOUT_SEEDS=100-150 npx ava test/sim/rollouts/rollouts.test.ts` lives other lives, of 200 devices over 60 days each. */
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

/** Small worlds, and what is asked for by hand. */
function* lives(seeds: string | undefined): Generator<WorldOptions> {
  const [first = 1, last = first] = (seeds ?? '1-2').split('-').map(Number);
  const size = seeds === undefined ? { devices: 30, days: 20, commits: 8 } : { devices: 200, days: 60, commits: 20 };
  for (let seed = first; seed <= last; seed += 1) yield { seed, ...size };
}

for (const options of lives(process.env.ROLLOUT_SEEDS)) {
  const { seed, devices, days } = options;
  test.serial(
    `rollouts over ${devices} devices and ${days} days of trouble keep what they promise, seed ${seed}`,
    async (t) => {
      const { promises } = await live(options);
      t.true(promises.isDone, 'in peace it comes to its end');
    },
  );
}
