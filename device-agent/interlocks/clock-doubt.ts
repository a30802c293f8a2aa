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

/** What a wrong clock shows, for people: with its minutes, whatever waits for it would be otherwise at each look. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Why nobody knows whether a time has come, where the clock stands before what was signed; `what` is not known until it is set. */
export function clockDoubt(to: Purpose, what: string, times: Times): Waiting | undefined {
  if (!isInDoubt(times)) return undefined;
  const signed = new Date(times.nowMs()).toISOString().slice(0, 16);
  const message = `its clock shows ${dayOf(times.clockMs())} and can't be right: it stands before ${signed}Z, when something it trusts was signed; ${what} until it is set`;
  return waiting(to, 'CLOCK_UNSURE', message);
}
