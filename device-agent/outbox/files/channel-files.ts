/**
 * The files of one channel, in `APPLICATION/CHANNEL` below the outbox:
 *
 *     001772323200.seg    segments, by their number; the process that runs the application appends to the newest
 *     dropped             how many messages that process dropped
 *     taken               up to where the shore has everything, and how many grew too old; the supervisor's
 *
 * The supervisor makes segments durable, and removes those that the shore has; the newest stays, so that no number is ever used
 * twice in a stream, until the application is gone and the stream with it.
 */
import type { Disk } from '../../../platform/ports.ts';
import { unlessGone } from './read-segment.ts';

/** Where a message stands in its stream. Ordered by segment, then by index. */
export interface Position {
  readonly segment: number;
  /** From 0. */
  readonly index: number;
}

const digits = 12;
const pattern = /^(\d{12})\.seg$/;

/** Where the files of a channel lie. */
export function channelDirectory(outbox: string, application: string, channel: string): string {
  return `${outbox}/${application}/${channel}`;
}

export function segmentPath(directory: string, number: number): string {
  return `${directory}/${String(number).padStart(digits, '0')}.seg`;
}

export function droppedPath(directory: string): string {
  return `${directory}/dropped`;
}

export function takenPath(directory: string): string {
  return `${directory}/taken`;
}

/** Names in a directory that may not be there. */
export function namesIn(disk: Disk, directory: string): readonly string[] {
  return unlessGone(() => disk.list(directory)) ?? [];
}

/** Numbers of the segments that are there, oldest first. */
export function segmentNumbers(disk: Disk, directory: string): number[] {
  return namesIn(disk, directory).flatMap((name) => {
    const number = pattern.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
}
