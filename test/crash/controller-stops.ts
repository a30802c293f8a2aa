/**
 * Commit after commit, and in each the controller is stopped a change of its disk or of its database later than in the one
 * before, until it gets through. After every stop it starts again, and the commit must come true on every device.
 */
import type { TestFn } from 'ava';
import { isHunt } from '../hunt.ts';
import { converge } from '../sim/converge.ts';
import type { Fate } from '../sim/disk-crash.ts';
import { World } from '../sim/world.ts';

const devices = 2;
const stepMs = 10_000;

/** What becomes of what the disk had not synced; undefined when only the program ends and the machine goes on. */
export type After = (world: World) => Fate | undefined;

/** For the disk, whose changes are many: a hunt stops after each, the test run after every other. */
export const everyOther = isHunt ? 1 : 2;

async function begin(): Promise<World> {
  const world = new World(3);
  world.controller.start();
  for (let index = 0; index < devices; index++) world.fleet.putDevice(world.addDevice(index));
  for (const device of world.devices.values()) device.boot();
  await converge(world, world.fleet.commit('first').id, stepMs);
  return world;
}

/** A world forgets nothing of what it went through: a fresh one every so many stops keeps each as quick as the first. */
const stopsPerWorld = 20;

/** Commit after commit until one gets through without a stop; returns after how many changes the last one came. */
async function stopEverywhere(where: 'disk' | 'database', after: After, every: number): Promise<number> {
  let changes = 0;
  for (let isThrough = false; !isThrough; ) {
    const world = await begin();
    const { controller, fleet, time } = world;
    let ends = 0;
    controller.onDown = () => {
      ends += 1;
      time.at(time.now, () => controller.settle(after(world)));
      time.at(time.now + 1_000, () => controller.start());
    };
    for (let stop = 0; stop < stopsPerWorld && !isThrough; stop++, changes += every) {
      const before = ends;
      // A release is for the disk; the database hears of one commit as of another. Packing a large one is most of the time.
      if (where === 'disk') fleet.release('gauge', `2.${changes}.0`, false, 1_000);
      fleet.configureApplication('gauge', changes, changes % 3 === 0 ? 5_000 : 0);
      const { id } = fleet.commit(`change ${changes}`);
      controller.endAfter(where, changes);
      await converge(world, id, stepMs);
      controller.endAfter(where, Number.POSITIVE_INFINITY);
      await world.look();
      isThrough = ends === before;
    }
  }
  return changes;
}

/** Declares the test of one kind of stop; `least` is how many changes a commit has at the least, `every` how far stops lie apart. */
export function survivesStops(
  test: TestFn,
  what: string,
  where: 'disk' | 'database',
  after: After,
  least: number,
  every = 1,
): void {
  test(`a commit survives a stop at every ${what}`, async (t) => {
    const changes = await stopEverywhere(where, after, every);
    t.log(`${changes} changes`);
    t.true(changes > least);
  });
}
