import type { ChannelHub } from '../../channels/channel-hub.ts';
import type { ChannelOutput } from '../../channels/channel-streams.ts';
import { inputOf } from '../../primitives/streams.ts';
import type { EventSource } from './event-source.ts';

/**
 * Each message of a channel that the application reads. What waits, waits in the channel. `openAnswer` gives a new end for what an
 * instance prints; undefined where that goes to the log.
 */
export function messageSource(
  hub: ChannelHub,
  application: string,
  channel: string,
  openAnswer: () => ChannelOutput | undefined,
  onEvent: () => void,
): EventSource {
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
      if (message === undefined) {
        listen();
        return undefined;
      }
      const stdout = openAnswer();
      const stdin = inputOf(message);
      return stdout === undefined ? { stdin } : { stdin, stdout, finish: () => stdout.close() };
    },
    counts: () => hub.counts(application),
    [Symbol.dispose]: () => waiting?.[Symbol.dispose](),
  };
}
