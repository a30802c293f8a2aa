import { encodeAnswer } from '../../../schemas/batch-answer.ts';
import { decodeEntry, type LogbookEntry } from '../../../schemas/logbook-entry.ts';
import { readPart, unpackBatch } from '../../../schemas/message-batch.ts';
import type { Ship } from '../ship.ts';

/** An entry as a shore hears it. */
export interface Heard extends LogbookEntry {
  /** When it happened by the device's own time. */
  readonly at: number;
  /** Stream, segment and index. */
  readonly id: string;
}

/** Has the shore take the logbook, and keep each entry in the order in which it came, each time that it comes. */
export function hearLogbook(ship: Ship, heard: Heard[] = []): Heard[] {
  ship.onPart = (part) => {
    const { application, channel, stream, segment, index, messages } = unpackBatch(readPart(part).bytes);
    for (const [n, { at, message }] of messages.entries()) {
      heard.push({ at, id: `${stream}/${segment}/${index + n}`, ...decodeEntry(message)! });
    }
    return encodeAnswer({ application, channel, stream, taken: { segment, index: index + messages.length - 1 } });
  };
  return heard;
}
