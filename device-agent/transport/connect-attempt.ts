import type { MqttClientConnection } from 'aws-crt/dist/native/mqtt.js';
import type { Clock } from '../../platform/ports.ts';
import { troubleOf } from './link-trouble.ts';
import { SessionError } from './session-error.ts';
import type { Wire } from './wire.ts';

/** A library that refuses what it was shown says so half a minute later, lest whoever showed it learns from the time it took. */
const wordMsMax = 1_000;

/** What the library says of a connect: that it connected, or why not. */
type Word = { readonly kind: 'connected' } | { readonly kind: 'failed'; readonly said?: string };

/** What is said within a moment, else that it failed without a word. */
async function soon(word: Promise<Word>, clock: Clock): Promise<Word> {
  const over = Promise.withResolvers<Word>();
  using _patience = clock.after(wordMsMax, () => over.resolve({ kind: 'failed' }));
  return await Promise.race([word, over.promise]);
}

/**
 * Rejects when no connection comes about. What the library says of it names its own end of the wire only: why nobody was
 * reached is known at the other.
 */
export async function connect(connection: MqttClientConnection, wire: Wire, clock: Clock): Promise<void> {
  wire.awaitWord();
  const word: Promise<Word> = connection.connect().then(
    () => ({ kind: 'connected' }),
    (said: unknown) => ({ kind: 'failed', said: String(said) }),
  );
  const last = wire.ended.then(({ kind }) => (kind === 'left' ? word : soon(word, clock)));
  const first = await Promise.race([word, last]);
  if (first.kind === 'connected') return wire.came();
  wire.close();
  const end = await wire.ended;
  const trouble = troubleOf(end, first.said);
  const isReached = end.kind !== 'unreachable' || trouble.kind === 'gateway-refused';
  throw new SessionError(isReached ? 'refused' : 'unreachable', trouble);
}
