/** Many runs of one simulation, one after the other. */
import { cronTimes } from '../../device-agent/cron-times.ts';
import type { TimedWindow } from '../../device-agent/interlocks/opening.ts';
import type { Window } from '../../schemas/generated/types.ts';
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

/** A run for each of the seeds; `onRun` hears how many are done. */
export async function simulate(
  simulation: Simulation,
  seeds: readonly number[],
  onRun: (done: number) => void = () => {},
): Promise<readonly SimulatedRun[]> {
  const { base, behind, startMs } = simulation;
  const state = base === undefined ? new MemoryState() : await settledState(base, behind, startMs);
  const parts = { simulation, state, timesOf: schedules() };
  const runs: SimulatedRun[] = [];
  for (const seed of seeds) {
    runs.push(await simulatedRun(parts, seed));
    onRun(runs.length);
  }
  return runs;
}
