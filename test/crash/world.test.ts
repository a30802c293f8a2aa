/**
 * Updates of a whole fleet, in each of which every device is stopped after another disk operation: the first device after one,
 * the second after two, and so on past the last. Each update has a way of stopping of its own. After every stop a copy of the
 * device is started without a link; then the device goes on, and all must come to the new release. A hunt has all ways.
 */
import test from 'ava';
import { isHunt } from '../hunt.ts';
import { converge } from '../sim/converge.ts';
import { type Fate, keepAll, loseAll } from '../sim/disk-crash.ts';
import type { SimDevice } from '../sim/sim-device.ts';
import { World } from '../sim/world.ts';

/** More disk operations than an update has. */
const operationsMax = 112;

const stepMs = 10_000;

/** Whatever becomes of a stop has happened after this time. */
const longestMs = 90_000;

/** How a device that was stopped comes back: at once after a power cut, or killed and running a while before one. */
type Stop = (world: World, device: SimDevice) => void;

function powerCut(fateOf: (device: SimDevice) => Fate): Stop {
  return (world, device) => {
    device.settle(fateOf(device));
    world.check(device.checkOffline(keepAll));
    world.time.at(world.time.now + 1_000, () => device.boot());
  };
}

/** The agent is started again while the disk's cache lives on, and the power goes a little later. */
function killAndCut(ms: number): Stop {
  return (world, device) => {
    const { time } = world;
    device.disk.restart();
    world.check(device.checkOffline(loseAll));
    device.boot();
    time.at(time.now + ms, () => {
      device.onDown = () => time.at(time.now, () => powerCut(() => loseAll)(world, device));
      device.cutPower();
    });
  };
}

const stops: Readonly<Record<string, Stop>> = {
  'keeps some of what was not synced': powerCut(
    ({ random }) =>
      () =>
        random.fraction(),
  ),
  'follows a kill after a second': killAndCut(1_000),
  ...(isHunt && {
    'loses what was not synced': powerCut(() => loseAll),
    'keeps all': powerCut(() => keepAll),
    'follows a kill at once': killAndCut(0),
    'follows a kill after a minute': killAndCut(60_000),
  }),
};

/** One fleet for all: whatever way the last update was stopped in, its devices were brought back to good health. */
const world = new World(1);

test.before(async () => {
  world.controller.start();
  for (let index = 0; index < operationsMax; index++) world.fleet.putDevice(world.addDevice(index));
  for (const device of world.devices.values()) device.boot();
  await converge(world, world.fleet.commit('first').id, stepMs);
});

for (const [update, [how, stop]] of Object.entries(stops).entries()) {
  test.serial(`an update survives a stop at every disk operation, when the power cut ${how}`, async (t) => {
    const stopped = new Set<SimDevice>();
    for (const [index, device] of [...world.devices.values()].entries()) {
      device.onDown = () => {
        device.onDown = () => {};
        stopped.add(device);
        world.time.at(world.time.now, () => stop(world, device));
      };
      device.cutPowerAfter(index);
    }
    for (const name of world.fleet.applications) world.fleet.release(name, `${2 + update}.0.0`, false, 1_000);
    world.fleet.configureApplication('gauge', 7 + update);
    await converge(world, world.fleet.commit(`update ${update}`).id, stepMs);
    t.true(stopped.size > 40, `${stopped.size} stops`);
    t.log(`${stopped.size} stops`);
    t.false(
      [...world.devices.values()].slice(-5).some((device) => stopped.has(device)),
      'the last operation was reached',
    );
    for (const device of world.devices.values()) device.cutPowerAfter(Number.POSITIVE_INFINITY);
    // A cut that is still to come belongs to this update.
    await world.run(longestMs);
  });
}
