import type { ChannelHub } from '../../channels/channel-hub.ts';
import type { EventSource } from './event-source.ts';

/** Each message of a channel that the application reads. What waits, waits in the channel. */
export function messageSource(hub: ChannelHub, application: string, channel: string, onEvent: () => void): EventSource {
  const queue = hub.queue(application, channel);
  if (queue === undefined) throw new Error(`${application} reads no channel ${channel}`);
  let waiting: Disposable | undefined;
  const listen = (): void => {
    waiting?.[Symbol.dispose]();
    waiting = queue.onReady(onEvent);
  };
  listen();
  return {
    take: () => {
      const message = queue.take();
      if (message === undefined) listen();
      return message;
    },
    counts: () => hub.counts(application),
    [Symbol.dispose]: () => waiting?.[Symbol.dispose](),
  };
}
