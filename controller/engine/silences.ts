/**
 * What a contact says of the silence before it. Where the broker tells who is connected, a silence begins when a connection closes: who
 * has nothing to say over an open one is not silent, nor is who was connected when this controller ended.
 */
import { withSilence } from '../planning/contact-history.ts';
import { type Context, laterContact } from './context.ts';
import type { DeviceRecord } from './records.ts';

type Moment = Pick<Context, 'links' | 'now'>;

function endSilence(record: DeviceRecord, at: number): DeviceRecord {
  if (record.contactAt === undefined) return record;
  const silences = withSilence(record.silences ?? '', at - record.contactAt);
  return silences === (record.silences ?? '') ? record : { ...record, silences };
}

/** The record of a device that was heard at `at`. */
export function withContact(record: DeviceRecord, { links, now }: Moment, at: number): DeviceRecord {
  const before = links === undefined ? endSilence(record, at) : record;
  return { ...before, contactAt: laterContact(at, record.contactAt, now) ?? at };
}

/** The record of a device whose connection opened or closed now; the same one where that says nothing new. */
export function withLink(record: DeviceRecord, connected: boolean, now: number): DeviceRecord {
  if (!connected) return { ...record, contactAt: now, isGone: true };
  const { isGone, ...rest } = record;
  return isGone === undefined ? record : { ...endSilence(rest, now), contactAt: now };
}
