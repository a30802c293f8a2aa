/** What an application had to say to the shore, as it comes out there. */
import type { MessageBatch } from '../../schemas/message-batch.ts';

/** One message of a channel of a device. */
export interface ShoreMessage {
  /** The same each time it comes out, and nobody else's. */
  readonly id: string;
  readonly device: string;
  readonly application: string;
  readonly channel: string;
  /** When its device believed to write it, in milliseconds since the epoch. */
  readonly at: number;
  readonly receivedAt: number;
  /** Who brought it by hand, if somebody did. */
  readonly carriedBy?: string;
  readonly bytes: Uint8Array;
}

/** The messages of a batch that the shore does not have yet: those behind `last`, an index in its segment. */
export function messagesOf(
  device: string,
  batch: MessageBatch,
  last: number,
  { receivedAt, carriedBy }: Pick<ShoreMessage, 'receivedAt' | 'carriedBy'>,
): ShoreMessage[] {
  const { application, channel, stream, segment } = batch;
  const of = { device, application, channel, receivedAt, ...(carriedBy === undefined ? {} : { carriedBy }) };
  return batch.messages.flatMap(({ at, message }, n) => {
    const index = batch.index + n;
    return index <= last ? [] : [{ ...of, id: `${stream}-${segment}-${index}`, at, bytes: message }];
  });
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function contentOf(bytes: Uint8Array): { readonly text: string } | { readonly base64: string } {
  try {
    return { text: utf8.decode(bytes) };
  } catch {
    return { base64: Buffer.from(bytes).toString('base64') };
  }
}

/** A message as one line of NDJSON: its text, or base64 where its bytes are none. */
export function lineOf({ id, device, application, channel, at, receivedAt, carriedBy, bytes }: ShoreMessage): string {
  const times = { at: new Date(at).toISOString(), receivedAt: new Date(receivedAt).toISOString() };
  const way = carriedBy === undefined ? {} : { carriedBy };
  return `${JSON.stringify({ id, device, application, channel, ...times, ...way, ...contentOf(bytes) })}\n`;
}
