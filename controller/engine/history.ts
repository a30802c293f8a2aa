/** What happened on each device, bounded, and told to the log once. */
import type { DeviceEvent } from '../../schemas/generated/types.ts';
import type { Draft } from './draft.ts';

/** Kept of each device; older ones are dropped. */
export const eventsPerDeviceMax = 20;

/** The same thing happening again within this time is not told again. */
const tellAgainMs = 60 * 60_000;

/** A line for the log: what the operator at night has to learn. */
export interface Tale {
  readonly level: 'info' | 'warn';
  readonly event: string;
  readonly fields: Readonly<Record<string, string | number>>;
}

function isTold(event: DeviceEvent, before: readonly DeviceEvent[]): boolean {
  const { at, code, message } = event;
  return before.some(
    (one) =>
      one.code === code && one.message === message && Math.abs(Date.parse(at) - Date.parse(one.at)) < tellAgainMs,
  );
}

/** Progress is not news: who wants to see it asks for status. */
function isNews({ code }: DeviceEvent): boolean {
  return !code.startsWith('PHASE_');
}

/** Adds to a device's history, oldest first; returns what the log should say of it. */
export function record(draft: Draft, device: string, events: readonly DeviceEvent[]): Tale[] {
  if (events.length === 0) return [];
  const before = draft.document('history', device) ?? [];
  const tales = events
    .filter((event) => isNews(event) && !isTold(event, before))
    .map(({ code, message }): Tale => ({ level: 'warn', event: 'device.trouble', fields: { device, code, message } }));
  const kept = [...events.toReversed(), ...before].slice(0, eventsPerDeviceMax);
  draft.put({ kind: 'document', room: 'history', name: device, value: kept });
  return tales;
}
