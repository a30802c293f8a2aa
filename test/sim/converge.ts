/** Peace: whatever went wrong before, everything must now become as git wants it, within a bounded time. */
import { deviceStory } from '../../cli/render/device-story.ts';
import { styleFor } from '../../cli/render/style.ts';
import type { DeviceStatus, StatusDocument } from '../../schemas/generated/types.ts';
import { Violation } from './checkers.ts';
import type { CommitModel } from './fleet.ts';
import type { World } from './world.ts';

const hourMs = 3_600_000;

/** The longest pauses between attempts, and a probation. */
const peaceMsMax = 2 * hourMs;

const storyWidth = 120;

/** How a fleet must end. */
interface Wish {
  /** The commit in force. */
  readonly tip: CommitModel;
  /** The commit whose applications truly run. */
  readonly running: CommitModel;
  /** How a device must be shown. */
  readonly state: (device: string) => DeviceStatus['state'];
}

function isRight(world: World, { running, state }: Wish, name: string, shown: DeviceStatus | undefined): boolean {
  const device = world.devices.get(name)!;
  return shown?.state === state(name) && world.checkers.reallyRuns(name, device.applied, running);
}

/** The first device that is not as wished; undefined when all are. */
function lateDevice(world: World, wish: Wish, status: StatusDocument): string | undefined {
  const shown = new Map(status.devices.map((device) => [device.name, device]));
  return [...wish.tip.devices.keys()].find((name) => !isRight(world, wish, name, shown.get(name)));
}

/** Why the fleet is not as wished, as an operator would be told; undefined when it is. */
async function obstacle(world: World, wish: Wish): Promise<string | undefined> {
  const status = await world.controller.status();
  if (status === undefined) return 'the controller is down';
  const { state, revision, message, problems } = status.source;
  if (revision?.id !== wish.tip.id || state !== 'current') {
    return `the last commit is not in force: the repository is ${state}, ${message ?? ''} ${JSON.stringify(problems)}`;
  }
  const late = lateDevice(world, wish, status);
  if (late === undefined) return undefined;
  const shown = status.devices.find(({ name }) => name === late);
  return shown === undefined ? `${late} is not shown at all` : deviceStory(shown, status, styleFor(false), storyWidth);
}

async function reach(world: World, wish: Wish, stepMs: number): Promise<number> {
  const begin = world.time.now;
  for (let story = await obstacle(world, wish); story !== undefined; story = await obstacle(world, wish)) {
    if (world.time.now - begin > peaceMsMax) {
      throw new Violation(`after ${peaceMsMax / hourMs} hours of peace the fleet is not as it must be:\n${story}`);
    }
    await world.run(stepMs);
  }
  return world.time.now - begin;
}

/** Lets time pass until every device runs what this commit wants, truly and in status; returns how long that took. */
export function converge(world: World, tip: string, stepMs: number): Promise<number> {
  const model = world.fleet.model(tip)!;
  return reach(world, { tip: model, running: model, state: () => 'running' }, stepMs);
}

/** Lets time pass until every device has tried what fails in `tip`, is shown failed, and runs what `good` wants again. */
export function goBack(world: World, tip: string, good: string, stepMs: number): Promise<number> {
  const bad = world.fleet.model(tip)!;
  const fails = (name: string): boolean => bad.devices.get(name)!.some((application) => application.fails);
  const state = (name: string): DeviceStatus['state'] => (fails(name) ? 'failed' : 'running');
  return reach(world, { tip: bad, running: world.fleet.model(good)!, state }, stepMs);
}
