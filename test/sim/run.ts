/** One simulated fleet from its first commit to its last: a month of trouble, then peace, in which all must come right. */

import { Carrier } from './carrier.ts';
import { Violation } from './checkers.ts';
import { converge, goBack } from './converge.ts';
import { Faults } from './faults.ts';
import { FleetLife } from './fleet-life.ts';
import type { SimContact } from './sim-line.ts';
import { World } from './world.ts';

export interface RunOptions {
  readonly seed: number;
  readonly devices: number;
  readonly days: number;
}

/** What became of a run. */
export interface RunResult {
  /** The sentence that did not hold; undefined when all did. */
  readonly violation: string | undefined;
  /** Digest of everything that happened, in order. */
  readonly digest: string;
  /** Its last lines. */
  readonly end: readonly string[];
  readonly summary: RunSummary;
}

export interface RunSummary {
  readonly virtualDays: number;
  readonly commits: number;
  readonly deployments: number;
  readonly reboots: number;
  readonly controllerStarts: number;
  readonly lies: number;
  /** Processes of applications that ended. */
  readonly hostEnds: number;
  /** Starts of agents of which the shore was told what came before. */
  readonly startsTold: number;
  /** Certificates in the place of others. */
  readonly renewals: number;
  readonly bytesDown: number;
  /** Receipts that somebody brought ashore. */
  readonly receipts: number;
  /** How long it took until all was well, after the faults had ended. */
  readonly convergedMs: number | undefined;
}

const hourMs = 3_600_000;
const lookMs = 3 * hourMs;
const stepMs = 60_000;

/** Whether the last commit is one that can come true shows within this time. */
const lookAgainMs = 10 * 60_000;

/** Of the devices so many ask by plan, and how. */
const polling = 0.25;
const stay: SimContact = { mode: 'stay', intervalSeconds: 3 * 3600 };
const poll: SimContact = { mode: 'poll', intervalSeconds: 2700 };

/** Of this many devices that git names, one more is ready to join. */
const devicesPerSpare = 8;

function settleDevices(world: World, faults: Faults, carrier: Carrier, count: number): FleetLife {
  const spares = Math.ceil(count / devicesPerSpare);
  const random = world.random.stream('contacts');
  const manifests = Array.from({ length: count + spares }, (_, index) =>
    world.addDevice(index, random.chance(polling) ? poll : stay),
  );
  const sites = Map.groupBy(manifests, ({ site }) => site);
  for (const manifest of manifests.slice(0, count)) world.fleet.putDevice(manifest);
  for (const [site, members] of sites) {
    const devices = members.map(({ name }) => world.devices.get(name)!);
    faults.followSchedule(devices, world.random.stream(site));
    carrier.travel(devices, site);
  }
  for (const device of world.devices.values()) {
    device.boot();
    faults.trouble(device);
  }
  return new FleetLife(world, manifests.slice(count));
}

async function live(world: World, { devices, days }: RunOptions): Promise<number> {
  const faults = new Faults(world);
  const carrier = new Carrier(world);
  world.controller.start();
  const life = settleDevices(world, faults, carrier, devices);
  life.start();
  faults.start();
  for (let elapsed = 0; elapsed < days * 24 * hourMs; elapsed += lookMs) {
    await world.run(lookMs);
    await world.look();
  }
  faults.end();
  carrier.end();
  life.end();
  await world.run(hourMs);
  await checkContacts(world);
  faults.setClocks();
  await world.run(lookAgainMs);
  const good = await life.mend();
  const converged = await converge(world, good, stepMs);
  await goBack(world, life.spoil(), good, stepMs);
  await world.look();
  await checkLogbooks(world);
  world.trace.write('converged', '', String(converged));
  return converged;
}

/** Whatever their clocks say, whatever became of their certificates: nobody is cut off who is given the time to ask. */
async function checkContacts(world: World): Promise<void> {
  const status = await world.controller.status();
  for (const { name, contactAt = 0, reason } of status?.devices ?? []) {
    const { skewMs, identity, contact } = world.devices.get(name)!;
    const silentMs = world.time.now - new Date(contactAt).getTime();
    if (reason.code === 'REMOVED' || silentMs <= hourMs + contact.intervalSeconds * 1000) continue;
    const about = JSON.stringify([skewMs, identity.certificate, reason]);
    throw new Violation(`${name} was not heard within an hour of peace and its rhythm: ${about}`);
  }
}

/** What devices had to tell of the month is told by now. */
async function checkLogbooks(world: World): Promise<void> {
  await world.run(lookAgainMs);
  const status = await world.controller.status({ withEvents: true });
  const { logbooks } = world.checkers;
  logbooks.settled(status?.devices.filter(({ name }) => world.fleet.devices.has(name)) ?? []);
  world.trace.write('logbooks', '', String(logbooks.count));
  world.checkers.look();
}

/** Lives it through. */
export async function simulate(options: RunOptions): Promise<RunResult> {
  const world = new World(options.seed);
  const begin = world.time.now;
  let violation: string | undefined;
  let convergedMs: number | undefined;
  try {
    convergedMs = await live(world, options);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = error.message;
  }
  const { trace, devices } = world;
  const summary = {
    virtualDays: (world.time.now - begin) / (24 * hourMs),
    commits: trace.count('commit'),
    deployments: world.checkers.deployments,
    reboots: trace.count('boot'),
    controllerStarts: trace.count('controller-start'),
    lies: trace.count('lie'),
    hostEnds: trace.count('host-end'),
    startsTold: world.checkers.logbooks.count,
    renewals: trace.count('renewed'),
    bytesDown: [...devices.values()].reduce((sum, { link }) => sum + link.bytesDown, 0),
    receipts: trace.count('receipt'),
    convergedMs,
  };
  return { violation, digest: trace.digest(), end: trace.end, summary };
}
