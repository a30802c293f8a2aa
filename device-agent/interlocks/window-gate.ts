import type { Window } from '../../schemas/generated/types.ts';
import { clockDoubt, type Times } from './clock-doubt.ts';
import type { Gate, Look, Purpose } from './gate.ts';
import { openingOf, type TimedWindow } from './opening.ts';
import { waitsForWindow } from './window-words.ts';

function lookAt(to: Purpose, times: readonly TimedWindow[], world: Times): Look {
  const doubt = clockDoubt(to, `windows to ${to} stay closed`, world);
  if (doubt !== undefined) return { kind: 'closed', forMs: Number.POSITIVE_INFINITY, waiting: doubt };
  const atMs = world.nowMs();
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
export async function windowGate(to: Purpose, windows: readonly Window[], world: Times): Promise<Gate> {
  const { cronTimes } = await import('../cron-times.ts');
  const times = windows.map((window) => ({ window, next: cronTimes(window.cron, window.timeZone) }));
  return { look: () => lookAt(to, times, world) };
}
