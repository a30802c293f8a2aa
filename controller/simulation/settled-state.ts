/** What the controller remembers once all devices run what a commit wants: where a simulated run begins. */
import { SimTime } from '../../platform/simulated/clock.ts';
import type { DesiredFleet } from '../manifests/desired.ts';
import { lightReport, settledMemory } from './light-device.ts';
import { MemoryState } from './memory-state.ts';
import { openSimulatedController, type SimulatedCommit, type SimulatedController } from './simulated-controller.ts';

const minuteMs = 60_000;

/** Everybody gets it at once, whatever waves there are and whoever is held. */
function atOnce(desired: DesiredFleet): DesiredFleet {
  const fleets = [...desired.fleets].map(([name, fleet]) => {
    const { rollout: _waves, ...spec } = fleet.spec;
    return [name, { ...fleet, spec }] as const;
  });
  const devices = [...desired.devices].map(([name, { hold: _hold, ...device }]) => [name, device] as const);
  return { ...desired, fleets: new Map(fleets), devices: new Map(devices) };
}

function settleAll({ image, ask }: SimulatedController, names: Iterable<string>, now: number): void {
  for (const device of names) {
    const { issued } = image.device(device);
    if (issued === undefined) continue;
    ask(device, 'update', {
      state: { reported: lightReport(settledMemory(issued, now), 1, now) },
    });
  }
}

/** As it is at `startMs`. */
export async function settledState(commit: SimulatedCommit, keyId: string, startMs: number): Promise<MemoryState> {
  const time = new SimTime(startMs - 3 * minuteMs);
  const state = new MemoryState();
  const parts = { time, state, keyId, onDeployment: () => {}, onWord: () => {}, onSettled: () => undefined };
  const controller = await openSimulatedController(parts);
  await controller.adopt({ ...commit, desired: atOnce(commit.desired) });
  await controller.pass(time.now + minuteMs);
  settleAll(controller, commit.desired.devices.keys(), time.now);
  await controller.pass(time.now + minuteMs);
  // Now there are waves, and nothing changes by that.
  await controller.adopt(commit);
  await controller.pass(startMs);
  await Promise.all([controller.engine.stop(), time.runUntil(startMs)]);
  return state;
}
