/** Many runs of one simulation, one after the other. */
import { cronTimes } from '../../device-agent/cron-times.ts';
import type { TimedWindow } from '../../device-agent/interlocks/opening.ts';
import type { Window } from '../../schemas/generated/types.ts';
import { begunState } from './begun-state.ts';
import { MemoryState } from './memory-state.ts';
import { settledState } from './settled-state.ts';
import { type RunParts, simulatedRun } from './simulated-run.ts';
import type { SimulatedRun, Simulation } from './simulation.ts';

/** A schedule is read once, however many devices have it. */
function schedules(): RunParts['timesOf'] {
  const known = new Map<string, TimedWindow>();
  return (window: Window) => {
    const { cron, timeZone, seconds } = window;
    const key = `${cron} ${timeZone} ${seconds}`;
    const timed = known.get(key) ?? { window, next: cronTimes(cron, timeZone) };
    known.set(key, timed);
    return timed;
  };
}

const keyIdAssumed = 'simulated';

/** Where all runs begin. */
function beginning({ base, told, startMs }: Simulation): Promise<MemoryState> | MemoryState {
  if (base === undefined) return new MemoryState();
  return told === undefined ? settledState(base, keyIdAssumed, startMs) : begunState(told.rows, base.desired);
}

/** A run for each of the seeds; `onRun` hears how many are done. Throws `BadRow`. */
export async function simulate(
  simulation: Simulation,
  seeds: readonly number[],
  onRun: (done: number) => void = () => {},
): Promise<readonly SimulatedRun[]> {
  const state = await beginning(simulation);
  const keyId = simulation.told?.keyId ?? keyIdAssumed;
  const parts = { simulation, state, keyId, timesOf: schedules() };
  const runs: SimulatedRun[] = [];
  for (const seed of seeds) {
    runs.push(await simulatedRun(parts, seed));
    onRun(runs.length);
  }
  return runs;
}
