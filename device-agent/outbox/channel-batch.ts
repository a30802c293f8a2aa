/** Messages of a channel as a batch, over whatever it goes ashore. */
import { packBatch } from '../../schemas/message-batch.ts';
import type { Batch } from './channel-backlog.ts';
import type { OutboxChannel } from './outbox-channels.ts';

/** A stream as batches name it. */
export function streamText(stream: Uint8Array): string {
  return Buffer.from(stream).toString('hex');
}

/** Packs some of a channel's backlog. */
export function packChannelBatch({ application, channel, backlog }: OutboxChannel, batch: Batch): Uint8Array {
  const { stream, first, messages } = batch;
  const { dropped } = backlog.counts();
  return packBatch({ application, channel, stream: streamText(stream), ...first, dropped, messages });
}
