/**
 * What of the outbox is carried by hand: batch after batch, the oldest that the shore does not have first, one channel after the other.
 * Nothing is let go for it: that waits for the shore's own word.
 */
import type { CarriedClaim } from '../../schemas/carried-messages.ts';
import { packBatch } from '../../schemas/message-batch.ts';
import { batchBytesMax, batchMessagesMax, ownMessagesMax } from './limits.ts';
import type { OutboxChannel, OutboxChannels } from './outbox-channels.ts';

/** Up to where some were carried. */
export interface CarriedPlace {
  readonly application: string;
  readonly channel: string;
  readonly stream: string;
  readonly segment: number;
  readonly index: number;
}

/** The next to carry. */
export interface Carried {
  readonly claim: Pick<CarriedClaim, 'packed' | 'follows'>;
  readonly count: number;
  /** Its last. */
  readonly place: CarriedPlace;
}

const beforeAll = { segment: -1, index: -1 };

function keyOf({ application, channel }: Pick<OutboxChannel, 'application' | 'channel'>): string {
  return `${application}/${channel}`;
}

function batchOf(one: OutboxChannel, before: CarriedPlace | undefined, messagesMax: number): Carried | undefined {
  const { application, channel, backlog } = one;
  const batch = backlog.after(before ?? beforeAll, batchBytesMax, messagesMax);
  if (batch === undefined) return undefined;
  const { first, messages } = batch;
  const stream = Buffer.from(batch.stream).toString('hex');
  const of = { application, channel, stream };
  const isFollowing = before?.stream === stream;
  return {
    claim: {
      packed: packBatch({ ...of, ...first, dropped: backlog.counts().dropped, messages }),
      ...(isFollowing ? { follows: { segment: before.segment, index: before.index } } : {}),
    },
    count: messages.length,
    place: { ...of, segment: first.segment, index: first.index + messages.length - 1 },
  };
}

/** Those behind a place, or the first of all; undefined where there are no more. */
export function nextCarried(channels: OutboxChannels, after: CarriedPlace | undefined): Carried | undefined {
  const all = [channels.own, ...channels.all].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  for (const one of all) {
    if (after !== undefined && keyOf(one) < keyOf(after)) continue;
    const before = after !== undefined && keyOf(one) === keyOf(after) ? after : undefined;
    const carried = batchOf(one, before, one === channels.own ? ownMessagesMax : batchMessagesMax);
    if (carried !== undefined) return carried;
  }
  return undefined;
}
