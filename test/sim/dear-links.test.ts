import test from 'ava';
import { inTurns, isHunt } from '../hunt.ts';
import { loseAll } from './disk-crash.ts';
import { drawWeather, LanLife, type Weather } from './lan-life.ts';
import type { SimDevice } from './sim-device.ts';
import type { SimContact } from './sim-line.ts';
import { World } from './world.ts';

const hourMs = 3_600_000;
const budgetBytes = 100_000;
const days = 4;

/** Their couriers ask for news too, besides fetching. */
const stay: SimContact = { mode: 'stay', intervalSeconds: 3 * 3600 };

/** Power and link of a device come and go, its agent is killed, and so are its couriers. */
function trouble(world: World, device: SimDevice): void {
  const { random } = device;
  device.link.set(random.chance(0.8));
  if (!random.chance(0.1)) return;
  if (random.chance(0.5)) device.kill();
  else {
    device.cutPower();
    device.settle(loseAll);
  }
  world.time.at(world.time.now + random.integer(1_000, hourMs), () => device.boot());
}

for (const seed of inTurns([1, 2, 3, 4, 5], 0)) {
  test(`over links with budgets no device takes more in a day than its own, whatever ends its agent, and all that is wanted arrives, seed ${seed}`, async (t) => {
    const world = new World(seed);
    const { fleet, checkers } = world;
    fleet.limitLinks(budgetBytes);
    world.controller.start();
    for (let at = 0; at < 3; at += 1) fleet.putDevice({ ...world.addDevice(at, stay), kind: 'ship' });
    const devices = [...world.devices.values()];
    for (const device of devices) {
      device.courierMortality = 0.1;
      device.boot();
    }
    fleet.commit('first');
    await world.run(2 * hourMs);
    checkers.links.limit(budgetBytes);
    for (let hour = 0; hour < days * 24; hour += 1) {
      if (hour === 1 || hour === 40) {
        fleet.release('gauge', `${hour + 1}.0.0`, false, 350_000, 250_000);
        fleet.commit(`gauge ${hour}`);
      }
      for (const device of devices.filter(({ alive }) => alive)) trouble(world, device);
      await world.run(hourMs);
    }
    for (const device of devices) device.link.set(true);
    await world.run(4 * 24 * hourMs);
    for (const { applied, name } of devices)
      t.true(
        applied.some((one) => one.name === 'gauge' && one.version === '41.0.0'),
        name,
      );
    t.true(checkers.links.fullDays > devices.length, 'budgets are used up');
  });
}

/** What the test run lives through; a hunt draws what comes. */
const fair: Weather = { link: 'up', lan: 'whole', liars: 0, power: 'stays' };
const huntUpdates = 8;

for (const seed of inTurns(
  Array.from({ length: 40 }, (_, at) => at + 1),
  0,
)) {
  test(`of devices that know each other one fetches for all, none is held up for longer than it may be, and none keeps what is false, seed ${seed}`, async (t) => {
    t.timeout(10 * 60_000);
    const life = new LanLife(seed, 3, huntUpdates);
    await life.begin();
    const random = life.world.random.stream('weather');
    const weathers = isHunt ? Array.from({ length: huntUpdates }, () => drawWeather(random)) : [fair];
    for (const weather of weathers)
      await t.notThrowsAsync(life.update(weather), life.world.trace.end.slice(-40).join('\n'));
  });
}
