/** Answers to devices, in order. A failure is no matter: the state is kept, and the device learns it when it asks next. */
import { rejectRequest, type ShadowMessage } from '../shadow/protocol.ts';
import type { EngineParts } from './engine-parts.ts';
import type { ShadowRequestEvent } from './events.ts';

export class Answers {
  readonly #parts: Pick<EngineParts, 'clock' | 'log' | 'publish'>;

  constructor(parts: Pick<EngineParts, 'clock' | 'log' | 'publish'>) {
    this.#parts = parts;
  }

  say(messages: readonly ShadowMessage[]): void {
    const { publish, log } = this.#parts;
    for (const message of messages) {
      publish(message).catch((error: unknown) => log.write('debug', 'shadow.unsent', { error: String(error) }));
    }
  }

  /** Nothing came of it; the device asks again later. */
  decline({ device, operation }: Pick<ShadowRequestEvent, 'device' | 'operation'>): void {
    const rejection = { code: 500, message: 'Internal service failure' } as const;
    this.say(rejectRequest(device, operation, rejection, this.#parts.clock.now()).messages);
  }
}
