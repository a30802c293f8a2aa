/** Peace: whatever went wrong before, everything must now become as git wants it, within a bounded time. */
import { deviceStory } from '../../cli/render/device-story.ts';
import { styleFor } from '../../cli/render/style.ts';
import { Violation } from './checkers.ts';
import type { CommitModel } from './fleet.ts';
import type { World } from './world.ts';

const hourMs = 3_600_000;

/** The longest pauses between attempts, and a probation. */
const peaceMsMax = 2 * hourMs;

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

/** Lets time pass until every device runs what this commit wants, truly and in status; returns how long that took. */
export async function converge(world: World, tip: string, stepMs: number): Promise<number> {
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
