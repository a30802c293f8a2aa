/**
 * Commit after commit, and in each the controller is stopped after one more change of its disk or of its database than in
 * the one before, until it gets through. After every stop it starts again, and the commit must come true on every device.
 */
import test from 'ava';
import { converge } from '../sim/converge.ts';
import { type Fate, loseAll } from '../sim/sim-disk.ts';
import { World } from '../sim/world.ts';

const devices = 2;
const stepMs = 10_000;

/** What becomes of what the disk had not synced; undefined when only the program ends and the machine goes on. */
type After = (world: World) => Fate | undefined;

const stops: readonly (readonly [string, 'disk' | 'database', After])[] = [
  ['disk operation of the controller, killed', 'disk', () => undefined],
  ['disk operation of the controller, when a power cut loses what was not synced', 'disk', () => loseAll],
  [
    'disk operation of the controller, when a power cut keeps some',
    'disk',
    ({ random }) =>
      () =>
        random.fraction(),
  ],
  ['change of the database', 'database', () => undefined],
];

async function begin(): Promise<World> {
  const world = new World(3);
  world.controller.start();
  for (let index = 0; index < devices; index++) world.fleet.putDevice(world.addDevice(index));
  for (const device of world.devices.values()) device.boot();
  await converge(world, world.fleet.commit('first').id, stepMs);
  return world;
}

for (const [what, where, after] of stops) {
  test(`a commit survives a stop at every ${what}`, async (t) => {
    const world = await begin();
    const { controller, fleet, time } = world;
    let ends = 0;
    controller.onDown = () => {
      ends += 1;
      time.at(time.now, () => controller.settle(after(world)));
      time.at(time.now + 1_000, () => controller.start());
    };
    let changes = 0;
    for (let before = -1; ends > before; changes++) {
      before = ends;
      // A release is for the disk; the database hears of one commit as of another.
      if (where === 'disk') fleet.release('gauge', `2.${changes}.0`, false);
      fleet.configureApplication('gauge', changes, changes % 3 === 0 ? 5_000 : 0);
      const { id } = fleet.commit(`change ${changes}`);
      controller.endAfter(where, changes);
      await converge(world, id, stepMs);
      controller.endAfter(where, Number.POSITIVE_INFINITY);
      world.checkers.status((await controller.status())!);
      world.checkers.look();
    }
    t.log(`${changes} stops`);
    // A commit is two write-sets at most: what is decided at once is written at once.
    t.true(changes > (where === 'disk' ? 20 : 8));
  });
}
