import type { OutboxReport } from './generated/types.ts';

/** How the times and sizes of who shows it are written. */
export interface OutboxQuantities {
  /** How long ago that was, when the report was made. */
  readonly ageOf: (at: string) => string;
  readonly bytesOf: (bytes: number) => string;
}

/** What a device keeps for the shore, in a sentence; undefined where there is nothing to tell. */
export function outboxWords(outbox: OutboxReport, { ageOf, bytesOf }: OutboxQuantities): string | undefined {
  const { messages, bytes, oldestAt, dropped, held } = outbox;
  if (messages === 0 && dropped === 0) return undefined;
  const count = messages === 1 ? '1 message' : `${messages} messages`;
  const oldest = oldestAt === undefined ? '' : `, the oldest for ${ageOf(oldestAt)}`;
  const words = [
    messages === 0 ? 'no message waits' : `${count} (${bytesOf(bytes)}) ${messages === 1 ? 'waits' : 'wait'}${oldest}`,
    ...(dropped === 0 ? [] : [`${dropped} dropped`]),
  ];
  const why = held === undefined ? '' : `; kept because ${held.message}${held.channel ? ` (${held.channel})` : ''}`;
  return `For the shore: ${words.join(', ')}${why}`;
}
