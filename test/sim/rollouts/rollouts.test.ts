/**
 * Rollouts lived through. The test run has 50 small lives: 12 to 24 devices over 10 to 18 days with 7 commits, which together come
 * upon everything that can go wrong. A whole one, of 200 devices over 60 days with 20 commits, takes about 20 s of a processor:
 *
 *     ROLLOUT_SEEDS=100-150 npx ava test/sim/rollouts/rollouts.test.ts      whole lives
 *     ROLLOUT_SMALL=51-500 npx ava test/sim/rollouts/rollouts.test.ts       small ones
 */
import test from 'ava';
import { changes } from './changes.ts';
import { RolloutsWorld, type WorldOptions } from './rollouts-world.ts';
import { calls } from './shore-faults.ts';

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
  return { seed, devices: 12 + (seed % 4) * 4, days: 10 + (seed % 3) * 4, commits: 7 };
}

function wholeLife(seed: number): WorldOptions {
  return { seed, devices: 200, days: 60, commits: 20 };
}

/** Each from the 46th on once came upon a fault of the program. */
const lived = '1-45,63,67,83,106,643';

function* seedsIn(text: string): Generator<number> {
  for (const range of text.split(',')) {
    const [first = 1, last = first] = range.split('-').map(Number);
    for (let seed = first; seed <= last; seed += 1) yield seed;
  }
}

const { ROLLOUT_SEEDS: whole, ROLLOUT_SMALL: small } = process.env;
const lives = whole === undefined ? [...seedsIn(small ?? lived)].map(smallLife) : [...seedsIn(whole)].map(wholeLife);
/** What the lives came upon: commits by their subject, mishaps, acts and states of rollouts. */
const met = new Set<string>();

for (const options of lives) {
  const { seed, devices, days } = options;
  test.serial(
    `rollouts over ${devices} devices and ${days} days of trouble keep what they promise, seed ${seed}`,
    async (t) => {
      const { promises, git, operators, mishaps } = await live(options);
      t.is(promises.undone, undefined, 'in peace it comes to its end');
      for (const { subject } of git.commits) met.add(subject);
      for (const seen of [mishaps, operators.done, promises.seen]) for (const name of Object.keys(seen)) met.add(name);
    },
  );
}

if (whole === undefined && small === undefined) {
  test.serial('all lives together come upon every kind of commit, mishap, act and state', (t) => {
    const wanted = [
      ...Object.keys(changes),
      ...Object.keys(calls).map((call) => `${call} fails`),
      ...['dies', 'is restored', 'is followed', 'clock is behind', 'clock is ahead'],
      ...['what is good fails', 'what ran well does badly', 'is set apart'],
      ...['pause', 'resume', 'approve', 'abort', 'retry'],
      ...['running', 'paused', 'halted', 'reverting', 'done'],
    ];
    t.deepEqual(
      wanted.filter((name) => !met.has(name)),
      [],
    );
  });
}
