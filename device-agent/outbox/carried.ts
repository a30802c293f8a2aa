/**
 * What of the outbox is carried by hand: batch after batch, the oldest that the shore does not have first, one channel after the other.
 * Nothing is let go for it: that waits for the shore's own word.
 */
import type { CarriedClaim } from '../../schemas/carried-messages.ts';
import { packChannelBatch, streamText } from './channel-batch.ts';
import { batchBytesMax } from './limits.ts';
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

/**
 * Where to go on. Whoever asks says which place that is: by a stream that its segment is not of it could leave messages out of which
 * the shore would never know. What is in a segment that is gone the shore has, with all before it.
 */
function startOf({ backlog }: OutboxChannel, before: CarriedPlace | undefined): CarriedPlace | typeof beforeAll {
  const stream = before && backlog.streamOf(before.segment);
  return stream !== undefined && streamText(stream) === before?.stream ? before : beforeAll;
}

function batchOf(one: OutboxChannel, before: CarriedPlace | undefined, messagesMax: number): Carried | undefined {
  const { application, channel, backlog } = one;
  const batch = backlog.after(startOf(one, before), batchBytesMax, messagesMax);
  if (batch === undefined) return undefined;
  const { first, messages } = batch;
  const stream = streamText(batch.stream);
  const isFollowing = before?.stream === stream;
  return {
    claim: {
      packed: packChannelBatch(one, batch),
      ...(isFollowing ? { follows: { segment: before.segment, index: before.index } } : {}),
    },
    count: messages.length,
    place: { application, channel, stream, segment: first.segment, index: first.index + messages.length - 1 },
  };
}

/** Those behind a place, or the first of all; undefined where there are no more. */
export function nextCarried(channels: OutboxChannels, after: CarriedPlace | undefined): Carried | undefined {
  const all = [channels.own, ...channels.all].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  for (const one of all) {
    if (after !== undefined && keyOf(one) < keyOf(after)) continue;
    const before = after !== undefined && keyOf(one) === keyOf(after) ? after : undefined;
    const carried = batchOf(one, before, channels.messagesMax(one));
    if (carried !== undefined) return carried;
  }
  return undefined;
}
