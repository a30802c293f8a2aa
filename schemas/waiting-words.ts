import type { Sighting, Waiting } from './generated/types.ts';

/** `facts.speed 7.2 (2026-12-01 02:00:07Z)`: absolute, so that it stays true however long it is shown. */
function sightingWords({ name, value, at }: Sighting): string {
  if (value === undefined) return `no ${name}`;
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return at === undefined ? `${name} ${shown}` : `${name} ${shown} (${at.slice(0, 19).replace('T', ' ')}Z)`;
}

/** What a device waits for, with what it saw of it. */
export function waitingWords({ message, seen = [], flapping }: Pick<Waiting, 'message' | 'seen' | 'flapping'>): string {
  const flaps = flapping === true ? '; it flaps: what it waits for changed 12 times or more within an hour' : '';
  return `${message}${seen.length === 0 ? '' : `; seen: ${seen.map(sightingWords).join(', ')}`}${flaps}`;
}
