/** What of an application's channels for the shore their shape does not show. */
import { logbookChannel } from '../../schemas/logbook-entry.ts';
import type { FileFinding, ValuePath } from './finding.ts';
import { bytesOf } from './quantity.ts';
import { valueAt } from './schema-violation.ts';

type Report = (path: ValuePath, part: FileFinding['part'], code: string, message: string) => void;

/** What holds where a manifest does not say it. */
export const channelDefaults = { messageBytes: '64KiB', quota: '1MiB' } as const;

/** A device keeps several messages at least, whatever their size: one is at most this part of the quota. */
const messagesOfQuota = 4;

/** Bytes of what may be no quantity: that was reported before. */
function bytesAt(value: unknown, path: ValuePath, otherwise: string): number {
  const text = valueAt(value, path) ?? otherwise;
  return typeof text === 'string' && /^\d+[KMG]iB$/.test(text) ? bytesOf(text) : Number.NaN;
}

/** Checks that a channel's messages find room in what it may keep for the shore. */
export function checkChannels(value: unknown, report: Report): void {
  const channels = valueAt(value, ['spec', 'channels', 'out']);
  for (const [name, channel] of Object.entries(channels ?? {})) {
    if (valueAt(channel, ['shore']) === undefined) continue;
    if (isLogbook(valueAt(value, ['metadata', 'name']), name)) {
      const told = `the agent of each device has ${name} of ${logbookChannel.application} for what it writes down itself`;
      report(['spec', 'channels', 'out', name], 'key', 'CHANNEL_RESERVED', `${told}; give the channel another name`);
    }
    const message = bytesAt(channel, ['messageBytes'], channelDefaults.messageBytes);
    const most = bytesAt(channel, ['shore', 'quota'], channelDefaults.quota) / messagesOfQuota;
    // Of what is no quantity nothing is told here.
    if (!(message > most)) continue;
    const told = `a message may have ${message / 1024}KiB and a quarter of the quota for the shore is ${most / 1024}KiB`;
    const path: ValuePath = ['spec', 'channels', 'out', name, 'shore'];
    report(path, 'key', 'QUOTA_TOO_SMALL', `${told}; give it a larger quota, or a messageBytes of ${most / 1024}KiB`);
  }
}

function isLogbook(application: unknown, channel: string): boolean {
  return application === logbookChannel.application && channel === logbookChannel.channel;
}
