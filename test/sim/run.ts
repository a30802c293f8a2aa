/** One simulated fleet from its first commit to its last: a month of trouble, then peace, in which all must come right. */
import { deviceStory } from '../../cli/render/device-story.ts';
import { styleFor } from '../../cli/render/style.ts';
import { Violation } from './checkers.ts';
import { Faults } from './faults.ts';
import type { CommitModel } from './fleet.ts';
import { FleetLife } from './fleet-life.ts';
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
  readonly bytesDown: number;
  /** How long it took until all was well, after the faults had ended. */
  readonly convergedMs: number | undefined;
}

const hourMs = 3_600_000;
const lookMs = 3 * hourMs;
const stepMs = 60_000;

/** In peace everything is as git wants it within this time: the longest pauses between attempts, and a probation. */
const peaceMsMax = 2 * hourMs;

/** Of this many devices that git names, one more is ready to join. */
const devicesPerSpare = 8;

function settleDevices(world: World, faults: Faults, count: number): FleetLife {
  const spares = Math.ceil(count / devicesPerSpare);
  const manifests = Array.from({ length: count + spares }, (_, index) => world.addDevice(index));
  const sites = Map.groupBy(manifests, ({ site }) => site);
  for (const manifest of manifests.slice(0, count)) world.fleet.putDevice(manifest);
  for (const [site, members] of sites) {
    const devices = members.map(({ name }) => world.devices.get(name)!);
    faults.followSchedule(devices, world.random.stream(site));
  }
  for (const device of world.devices.values()) {
    device.boot();
    faults.trouble(device);
  }
  return new FleetLife(world, manifests.slice(count));
}

function isThere(world: World, model: CommitModel): boolean {
  const status = world.controller.status();
  if (status === undefined || status.source.revision?.id !== model.id || status.source.state !== 'current')
    return false;
  const shown = new Map(status.devices.map((device) => [device.name, device.state]));
  return [...model.devices.keys()].every((name) => {
    const applied = world.devices.get(name)!.applied;
    return shown.get(name) === 'running' && world.checkers.reallyRuns(name, applied, model);
  });
}

function whyNot(world: World, model: CommitModel): string {
  const status = world.controller.status();
  if (status === undefined) return 'the controller is down';
  if (status.source.revision?.id !== model.id) {
    const { state, message, problems } = status.source;
    return `the last commit is not in force: the repository is ${state}, ${message ?? ''} ${JSON.stringify(problems)}`;
  }
  const late = status.devices.find(
    ({ name, state }) =>
      model.devices.has(name) &&
      (state !== 'running' || !world.checkers.reallyRuns(name, world.devices.get(name)!.applied, model)),
  );
  return late === undefined ? 'a device is missing in status' : deviceStory(late, status, styleFor(false), 120);
}

async function converge(world: World, tip: string): Promise<number> {
  const model = world.fleet.model(tip)!;
  const begin = world.time.now;
  while (!isThere(world, model)) {
    if (world.time.now - begin > peaceMsMax) {
      const story = whyNot(world, model);
      throw new Violation(`after ${peaceMsMax / hourMs} hours of peace the fleet is not as git wants it:\n${story}`);
    }
    await world.run(stepMs);
  }
  return world.time.now - begin;
}

async function live(world: World, { devices, days }: RunOptions): Promise<number> {
  const faults = new Faults(world);
  world.controller.start();
  const life = settleDevices(world, faults, devices);
  life.start();
  faults.start();
  for (let elapsed = 0; elapsed < days * 24 * hourMs; elapsed += lookMs) {
    await world.run(lookMs);
    const status = world.controller.status();
    if (status !== undefined) world.checkers.status(status);
    world.checkers.look();
  }
  faults.end();
  const converged = await converge(world, life.end());
  world.trace.write('converged', '', String(converged));
  return converged;
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
    bytesDown: [...devices.values()].reduce((sum, { link }) => sum + link.bytesDown, 0),
    convergedMs,
  };
  return { violation, digest: trace.digest(), end: trace.end, summary };
}
