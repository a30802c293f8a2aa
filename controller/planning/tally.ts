/** Where some devices stand together. */
import type { ConvergenceState, DeviceStatus, Tally } from '../../schemas/generated/types.ts';

/** What counts of one device. */
export interface Counted {
  readonly state: DeviceStatus['state'];
  /** Undefined where the broker can't tell. */
  readonly connected?: boolean | undefined;
}

/** Nothing counted yet. */
export const emptyTally: Tally = {
  desired: 0,
  running: 0,
  runningConnected: 0,
  progressing: 0,
  failed: 0,
  dark: 0,
  unknown: 0,
};

/** The tally with one device more (or, with -1, less); one that git does not name does not count. */
export function counted(tally: Tally, { state, connected }: Counted, by: 1 | -1 = 1): Tally {
  if (state === 'removed') return tally;
  const isConnected = state === 'running' && connected !== false;
  return {
    ...tally,
    desired: tally.desired + by,
    [state]: tally[state] + by,
    runningConnected: tally.runningConnected + (isConnected ? by : 0),
  };
}

/** Devices by state. */
export function tallyOf(devices: Iterable<Counted>): Tally {
  let tally = emptyTally;
  for (const device of devices) tally = counted(tally, device);
  return tally;
}

/** Worst first: what is failing, what moves, what can't be known. */
export function convergenceOf(tally: Tally): ConvergenceState {
  if (tally.failed > 0) return 'failed';
  if (tally.progressing > 0) return 'progressing';
  if (tally.dark + tally.unknown > 0) return 'stale';
  return 'converged';
}
