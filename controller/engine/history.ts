/** What happened on each device, bounded, and told to the log once. */
import type { DeviceEvent } from '../../schemas/generated/types.ts';
import { entryMessage } from '../../schemas/logbook-entry.ts';
import type { Draft } from './draft.ts';

/** Kept of each device; older ones are dropped. */
export const eventsPerDeviceMax = 20;
/** As many of what the device wrote down itself: months may come at once, and take nothing from what the shore saw. */
export const ownEventsPerDeviceMax = 64;
/** What a device wrote down and what its report told within this time before it came are one thing. */
const sameContactMs = 60 * 60_000;

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
  keep(draft, device, [...events.toReversed(), ...before]);
  return tales;
}

/** Adds what somebody on shore did about a device; no trouble of its own. */
export function recordDeed(draft: Draft, device: string, event: DeviceEvent): void {
  keep(draft, device, [event, ...(draft.document('history', device) ?? [])]);
}

function keep(draft: Draft, device: string, events: readonly DeviceEvent[]): void {
  const left = { own: ownEventsPerDeviceMax, seen: eventsPerDeviceMax };
  const kept = events.filter(({ deviceAt }) => {
    const kind = deviceAt === undefined ? 'seen' : 'own';
    left[kind] -= 1;
    return left[kind] >= 0;
  });
  draft.put({ kind: 'document', room: 'history', name: device, value: kept });
}

/**
 * Adds what a device wrote down itself, oldest first. What its report has told already a moment ago is no second event: it is given the
 * device's own time.
 */
export function recordOwn(draft: Draft, device: string, events: readonly DeviceEvent[], now: number): Tale[] {
  if (events.length === 0) return [];
  const before = [...(draft.document('history', device) ?? [])];
  const fresh: DeviceEvent[] = [];
  for (const event of events) {
    const told = before.findIndex((one) => isSame(one, event, now));
    if (told === -1) fresh.push(event);
    else before[told] = { ...event, at: before[told]!.at };
  }
  keep(draft, device, [...fresh.toReversed(), ...before]);
  const { code, message } = events.at(-1)!;
  return [{ level: 'info', event: 'device.logbook', fields: { device, entries: events.length, code, message } }];
}

function isSame(told: DeviceEvent, own: DeviceEvent, now: number): boolean {
  if (told.deviceAt !== undefined || own.deviceAt === undefined || told.code !== own.code) return false;
  return entryMessage(told.message) === own.message && now - Date.parse(told.at) < sameContactMs;
}
