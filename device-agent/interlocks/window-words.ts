/** What a device says of the windows that it waits for. */
import type { Waiting, Window } from '../../schemas/generated/types.ts';
import { type Purpose, waiting } from './gate.ts';
import type { Opening } from './opening.ts';

/** `2026-12-01 02:00 GMT+1`: a moment as the clocks there show it. */
function localMinute(ms: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en', {
    ...{ timeZone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
    ...{ hourCycle: 'h23', timeZoneName: 'short' },
  }).formatToParts(ms);
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((one) => one.type === type)?.value ?? '';
  const day = [part('year'), part('month'), part('day')].join('-');
  return `${day} ${part('hour')}:${part('minute')} ${part('timeZoneName')}`;
}

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const;

function lengthOf(seconds: number): string {
  const [unit, size] = units.find(([, one]) => seconds % one === 0) ?? ['s', 1];
  return `${seconds / size}${unit}`;
}

/** Its windows are closed. */
export function waitsForWindow(to: Purpose, opening: Exclude<Opening, { readonly kind: 'open' }>): Waiting {
  if (opening.kind === 'never') return waiting(to, 'WINDOW', `no window to ${to} opens any more`);
  const { cron, seconds, timeZone }: Window = opening.window;
  const when = `${localMinute(opening.opensAtMs, timeZone)} in ${timeZone}`;
  const message = `waits for a window to ${to}: "${cron}" for ${lengthOf(seconds)} opens next at ${when}`;
  return { ...waiting(to, 'WINDOW', message), opensAt: new Date(opening.opensAtMs).toISOString() };
}
