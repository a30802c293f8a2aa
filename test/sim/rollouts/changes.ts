/** What commits do to what git says, each at random. */
import type { SimRandom } from '../../../platform/simulated/random.ts';
import { conditions, type Declaration, type DeclaredDevice, type DeclaredFleet, rollouts } from './declaration.ts';

const dayMs = 86_400_000;

/** A commit in the making. */
export interface Change {
  readonly declared: Declaration;
  readonly random: SimRandom;
  readonly now: number;
  /** No commit before it had this number. */
  readonly number: number;
}

function keysOf<T extends object>(record: T): (keyof T & string)[] {
  return Object.keys(record) as (keyof T & string)[];
}

function withFleet(
  { declared, random }: Change,
  change: (fleet: DeclaredFleet) => Partial<DeclaredFleet>,
): Declaration {
  const crew = random.pick(keysOf(declared.fleets));
  const before = declared.fleets[crew]!;
  return { ...declared, fleets: { ...declared.fleets, [crew]: { ...before, ...change(before) } } };
}

function withDevices({ declared, random }: Change, change: (device: DeclaredDevice) => DeclaredDevice): Declaration {
  const names = Array.from({ length: random.integer(1, 3) }, () => random.pick(keysOf(declared.devices)));
  const changed = names.map((name) => [name, change(declared.devices[name]!)]);
  return { ...declared, devices: { ...declared.devices, ...Object.fromEntries(changed) } };
}

function held({ random, now }: Change, { hold, ...device }: DeclaredDevice): DeclaredDevice {
  if (hold !== undefined) return device;
  const until = new Date(now + random.exponential(2 * dayMs)).toISOString();
  return { ...device, hold: { reason: 'sea trial', ...(random.chance(0.6) ? { until } : {}) } };
}

function pinned({ random, now }: Change, { hold: _, ...device }: DeclaredDevice): DeclaredDevice {
  const releases = { pump: random.pick(['1.0.0', '1.1.0']) };
  const until = new Date(now + random.exponential(2 * dayMs)).toISOString();
  return { ...device, hold: { releases, reason: 'old sensor', ...(random.chance(0.6) ? { until } : {}) } };
}

/** By what they are about. */
export const changes = {
  definition: (change) => {
    const { random, number } = change;
    return withFleet(change, () => ({ rate: random.chance(0.3) ? number + 0.5 : number }));
  },
  release: (change) => withFleet(change, ({ release }) => ({ release: release === '1.0.0' ? '1.1.0' : '1.0.0' })),
  /** To what a commit before wanted, good or bad. */
  back: (change) =>
    withFleet(change, ({ rate }) => ({ rate: Math.max(1, Math.floor(rate) - change.random.integer(1, 2)) })),
  conditions: (change) => withFleet(change, () => ({ conditions: change.random.pick(keysOf(conditions)) })),
  policy: (change) => withFleet(change, () => ({ rollout: change.random.pick(keysOf(rollouts)) })),
  rename: (change) => withFleet(change, ({ name }) => ({ name: `${name.split('-')[0]}-${change.number}` })),
  hold: (change) => withDevices(change, (device) => held(change, device)),
  pin: (change) => withDevices(change, (device) => pinned(change, device)),
  device: (change) => withDevices(change, (device) => ({ ...device, own: change.number })),
  move: (change) => withDevices(change, (device) => ({ ...device, crew: device.crew === 'red' ? 'blue' : 'red' })),
  leave: (change) => withDevices(change, (device) => ({ ...device, isGone: device.isGone !== true })),
  group: (change) =>
    withDevices(change, (device) => ({
      ...device,
      group: change.random.pick(Object.values(change.declared.devices)).group,
    })),
  site: ({ declared, random, number }) => {
    return { ...declared, sites: { ...declared.sites, [random.pick(keysOf(declared.sites))]: number } };
  },
} satisfies Record<string, (change: Change) => Declaration>;

/** What a commit is about. */
export type ChangeKind = keyof typeof changes;

/** All is well again, for everybody. */
export function mended({ declared, number }: Pick<Change, 'declared' | 'number'>): Declaration {
  const fleets = Object.entries(declared.fleets).map(([crew, { rollout, ...fleet }]) => {
    return [crew, { ...fleet, rate: number, rollout: rollout === 'none' ? 'asks' : rollout }];
  });
  const devices = Object.entries(declared.devices).map(([name, { hold: _, isGone: _gone, ...device }]) => [
    name,
    device,
  ]);
  return { ...declared, fleets: Object.fromEntries(fleets), devices: Object.fromEntries(devices) };
}

/** Both fleets want what runs on no device, and to go back from it. */
export function soured({ declared, number }: Pick<Change, 'declared' | 'number'>): Declaration {
  const fleets = Object.entries(declared.fleets).map(([crew, fleet]) => {
    return [crew, { ...fleet, rate: number + 0.5, rollout: 'reverts' }] as const;
  });
  return { ...declared, fleets: Object.fromEntries(fleets) };
}
