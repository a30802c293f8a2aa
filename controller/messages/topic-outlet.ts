import type { MessageBus } from '../../platform/ports.ts';
import { lineOf, type ShoreMessage } from './message.ts';
import { type ChannelPattern, isNamed, type Outlet, OutletError } from './outlet.ts';

/** What it stands on. */
export interface TopicOutletParts {
  readonly bus: Pick<MessageBus, 'publish'>;
  readonly topicOf: (message: ShoreMessage) => string;
  readonly only?: readonly ChannelPattern[];
}

/** Publishes messages at topics, each as the JSON that is its line in files. The broker has them then; who is not subscribed does not. */
export class TopicOutlet implements Outlet {
  readonly name = 'topics';
  readonly #parts: TopicOutletParts;

  constructor(parts: TopicOutletParts) {
    this.#parts = parts;
  }

  takes(application: string, channel: string): boolean {
    return isNamed(this.#parts.only, application, channel);
  }

  async give(messages: readonly ShoreMessage[]): Promise<void> {
    const { bus, topicOf } = this.#parts;
    try {
      await Promise.all(
        messages.map((message) => bus.publish(topicOf(message), Buffer.from(lineOf(message).trimEnd()))),
      );
    } catch (error) {
      throw new OutletError('BROKER_REFUSES', error instanceof Error ? error.message : String(error));
    }
  }
}
