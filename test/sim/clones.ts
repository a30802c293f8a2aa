/** Somebody puts a copy of a device's disk, key and all, into a second machine, and lets both run. */

import type { Fate } from './disk-crash.ts';
import type { SimDevice } from './sim-device.ts';
import type { World } from './world.ts';

const minuteMs = 60_000;

/** Both have a link and take turns at the broker meanwhile; an operator looks every minute. */
export function runClone(world: World, device: SimDevice, fate: Fate, minutes: number): void {
  if (!device.alive || device.hasClone) return;
  const { time } = world;
  device.startClone(fate);
  for (let minute = 1; minute < minutes; minute += 1)
    time.at(time.now + minute * minuteMs, () => world.check(() => world.look()));
  time.at(time.now + minutes * minuteMs, () => device.endClone());
}
