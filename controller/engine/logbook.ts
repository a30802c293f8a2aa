/** What devices wrote down of themselves while nobody saw them, taken into their histories: each entry once, with the device's own times. */
import type { DeviceEvent } from '../../schemas/generated/types.ts';
import { type LogbookEntry, logbookChannel } from '../../schemas/logbook-entry.ts';
import type { Draft } from './draft.ts';
import type { LogbookEvent } from './events.ts';
import { recordDeed, recordOwn, type Tale } from './history.ts';
import { heardAt, isBehind, noteTaken } from './marks.ts';

const channelName = `${logbookChannel.application}/${logbookChannel.channel}`;

/** Times beyond this can't be written with four digits for the year. */
const timeMax = Date.parse('9999-12-31T23:59:59Z');

function isoTime(ms: number): string {
  return new Date(Math.min(timeMax, Math.max(0, ms))).toISOString();
}

function eventOf(at: number, entry: LogbookEntry | undefined, receivedAt: string): DeviceEvent {
  const deviceAt = isoTime(at);
  if (entry === undefined) {
    const message = 'wrote down something that nobody can read here';
    return { at: receivedAt, code: 'LOGBOOK_UNREADABLE', message, deviceAt };
  }
  const { code, message, boot, upSeconds } = entry;
  return { at: receivedAt, code, message, deviceAt, boot, upSeconds };
}

function dropEvents(count: number, at: string): DeviceEvent[] {
  if (count <= 0) return [];
  const what = count === 1 ? '1 entry of its logbook is lost' : `${count} entries of its logbook are lost`;
  return [
    { at, code: 'LOGBOOK_DROPPED', message: `${what}, the oldest: there was no room for more, or they were too old` },
  ];
}

/** Takes a batch of a device's logbook. What the shore has of it already comes to nothing. */
export function takeLogbook(draft: Draft, event: LogbookEvent, now: number): Tale[] {
  const { device, stream, segment, index, dropped, entries, carried } = event;
  const mark = draft.marks(device)[channelName];
  const isNew = (n: number): boolean => !isBehind({ stream, segment, index: index + n }, mark);
  const newest = entries.length - 1;
  // What comes again is not noted again: what was dropped meanwhile is told with the next.
  if (!isNew(newest)) return [];
  const receivedAt = isoTime(now);
  const known = mark?.stream === stream ? (mark.dropped ?? 0) : 0;
  const events = [
    ...dropEvents(dropped - known, receivedAt),
    ...entries.flatMap(({ at, entry }, n) => (isNew(n) ? [eventOf(at, entry, receivedAt)] : [])),
  ];
  const last = { stream, segment, index: index + newest, at: heardAt(now, mark, carried) };
  noteTaken(draft, { device, channel: channelName, mark: { ...last, ...(dropped > 0 && { dropped }) } });
  const tales = recordOwn(draft, device, events, now);
  if (carried !== undefined) {
    const count = entries.filter((_, n) => isNew(n)).length;
    const message = `${carried.by} brought ${count} ${count === 1 ? 'entry' : 'entries'} of its logbook by hand`;
    recordDeed(draft, device, { at: receivedAt, code: 'RECEIPT', message });
  }
  return tales;
}
