import test from 'ava';
import { converge } from './converge.ts';
import { World } from './world.ts';

test('a device that git takes out and names again gets what it wants even when nothing else changed', async (t) => {
  const world = new World(7);
  const manifests = [0, 1, 2, 3].map((index) => world.addDevice(index));
  world.controller.start();
  const late = manifests[0];
  for (const manifest of manifests) world.fleet.putDevice(manifest);
  world.fleet.commit('all four');
  await world.run(120_000);
  world.fleet.removeDevice(late!.name);
  world.fleet.commit('without the first');
  await world.run(120_000);
  world.fleet.putDevice(late!);
  const { id } = world.fleet.commit('all four again');
  await world.run(120_000);
  for (const device of world.devices.values()) device.boot();
  t.true((await converge(world, id, 10_000)) < 600_000);
});
