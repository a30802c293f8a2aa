import type { Window } from '../../schemas/generated/types.ts';
import type { Gate, Look, Purpose } from './gate.ts';
import { openingOf, type TimedWindow } from './opening.ts';
import { waitsForClock, waitsForWindow } from './window-words.ts';

/** So far a clock may be behind what others signed by theirs. */
const clockBehindMsMax = 5 * 60_000;

/** Times in milliseconds since the epoch: of this machine's clock, and of one that never runs behind what was signed. */
export interface WindowTimes {
  readonly clockMs: () => number;
  readonly nowMs: () => number;
}

function lookAt(to: Purpose, times: readonly TimedWindow[], { clockMs, nowMs }: WindowTimes): Look {
  const [shownMs, atMs] = [clockMs(), nowMs()];
  if (atMs - shownMs > clockBehindMsMax) {
    return { kind: 'closed', forMs: 0, waiting: waitsForClock(to, shownMs, atMs) };
  }
  const opening = openingOf(times, atMs);
  switch (opening.kind) {
    case 'open':
      return { kind: 'open', forMs: opening.untilMs - atMs };
    case 'closed':
      return { kind: 'closed', forMs: opening.opensAtMs - atMs, waiting: waitsForWindow(to, opening) };
    case 'never':
      return { kind: 'closed', forMs: Number.POSITIVE_INFINITY, waiting: waitsForWindow(to, opening) };
    default:
      return opening satisfies never;
  }
}

/** Open while one of these windows is. What knows time zones is loaded with the first. */
export async function windowGate(to: Purpose, windows: readonly Window[], world: WindowTimes): Promise<Gate> {
  const { cronTimes } = await import('../cron-times.ts');
  const times = windows.map((window) => ({ window, next: cronTimes(window.cron, window.timeZone) }));
  return { look: () => lookAt(to, times, world) };
}
