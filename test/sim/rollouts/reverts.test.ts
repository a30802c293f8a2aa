/** How rollouts end that are good for nothing: after a life of trouble a commit comes that runs on no device. */
import test from 'ava';
import { isHunt } from '../../hunt.ts';
import { RolloutsWorld } from './rollouts-world.ts';

const hourMs = 3_600_000;

/** What each device truly runs. */
function worksOf({ devices }: RolloutsWorld): readonly (string | undefined)[] {
  return Array.from(devices.values(), ({ running }) => running?.work);
}

function haveReverted({ fleets, image }: RolloutsWorld): boolean {
  return fleets.every((fleet) => image.rollout(fleet)?.reason.code === 'REVERTED');
}

async function liveThrough(seed: number): Promise<RolloutsWorld> {
  const world = new RolloutsWorld({ seed, devices: 12 + (seed % 3) * 4, days: 4, commits: 3 });
  await world.start();
  await world.run(4 * 24 * hourMs);
  await world.end();
  return world;
}

const lives = isHunt ? 40 : 2;

for (let seed = 1; seed <= lives; seed += 1) {
  test.serial(`what fails everywhere is reverted, and everybody runs what ran before, seed ${seed}`, async (t) => {
    const world = await liveThrough(seed);
    t.is(world.promises.undone, undefined);
    const before = worksOf(world);
    world.git.sour();
    await world.follow(() => haveReverted(world));
    t.true(haveReverted(world), JSON.stringify(world.fleets.map((fleet) => world.image.rollout(fleet))));
    t.deepEqual(worksOf(world), before);
    const waves = world.fleets.map((fleet) => world.image.rollout(fleet)!.wave);
    t.deepEqual(
      waves,
      waves.map(() => 0),
      'nobody but the canaries was offered it',
    );
    world.promises.reasons();
    // What takes its place comes true for everybody.
    world.git.mend();
    await world.follow(() => {
      world.operators.yes();
      return world.promises.isDone;
    });
    t.is(world.promises.undone, undefined);
  });

  test.serial(`a commit that takes the place of one that devices go back from comes true, seed ${seed}`, async (t) => {
    const world = await liveThrough(lives + seed);
    world.git.sour();
    const isReverting = () => world.fleets.some((fleet) => world.image.rollout(fleet)?.state === 'reverting');
    await world.follow(isReverting, hourMs / 6);
    t.true(isReverting());
    world.git.mend();
    await world.follow(() => {
      world.operators.yes();
      return world.promises.isDone;
    });
    t.is(world.promises.undone, undefined);
  });
}
