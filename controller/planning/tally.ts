/** Where some devices stand together. */
import type { ConvergenceState, DeviceStatus, Tally } from '../../schemas/generated/types.ts';

/** What counts of one device. */
export interface Counted {
  readonly state: DeviceStatus['state'];
  /** Undefined where the broker can't tell. */
  readonly connected?: boolean | undefined;
  readonly isHeld?: boolean;
}

/** States of devices, those that need somebody before those that time or a link may mend. */
export const statesWorstFirst: readonly Counted['state'][] = [
  'failed',
  'dark',
  'unknown',
  'progressing',
  'running',
  'removed',
];

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

/** A tally that is kept as devices come and go; one that git does not name does not count. */
export class RunningTally {
  #held = 0;
  readonly #counts: { -readonly [K in keyof Tally]: Tally[K] } = { ...emptyTally };

  /** One device more or, with -1, less. */
  count({ state, connected, isHeld }: Counted, by: 1 | -1 = 1): void {
    if (state === 'removed') return;
    this.#counts.desired += by;
    this.#counts[state] += by;
    if (isHeld === true) this.#held += by;
    if (state === 'running' && connected !== false) this.#counts.runningConnected += by;
  }

  /** As it is now. */
  get tally(): Tally {
    return { ...this.#counts, ...(this.#held === 0 ? {} : { held: this.#held }) };
  }
}

/** Worst first: what is failing, what moves, what can't be known. */
export function convergenceOf(tally: Tally): ConvergenceState {
  if (tally.failed > 0) return 'failed';
  if (tally.progressing > 0) return 'progressing';
  if (tally.dark + tally.unknown > 0) return 'stale';
  return 'converged';
}
