import type { Waiting } from '../../schemas/generated/types.ts';
import { type Purpose, waiting } from './gate.ts';

/** So far a clock may be behind what others signed by theirs. */
const clockBehindMsMax = 5 * 60_000;

/** Times in milliseconds since the epoch: of this machine's clock, and of one that never runs behind what was signed. */
export interface Times {
  readonly clockMs: () => number;
  readonly nowMs: () => number;
}

/** Whether the clock stands before what was signed. */
export function isInDoubt({ clockMs, nowMs }: Times): boolean {
  return nowMs() - clockMs() > clockBehindMsMax;
}

/** Why nobody knows whether a time has come, where the clock stands before what was signed; `what` is not known until it is set. */
export function clockDoubt(to: Purpose, what: string, times: Times): Waiting | undefined {
  if (!isInDoubt(times)) return undefined;
  const [shows, signed] = [times.clockMs(), times.nowMs()].map((ms) => new Date(ms).toISOString().slice(0, 16));
  const message = `its clock shows ${shows}Z and can't be right: something it trusts was signed at ${signed}Z; ${what} until it is set`;
  return waiting(to, 'CLOCK_UNSURE', message);
}
