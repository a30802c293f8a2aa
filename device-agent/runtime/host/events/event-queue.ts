import { isDeepStrictEqual } from 'node:util';
import type { HostedApplication } from '../../protocol.ts';
import type { EventSource, HostEvent, OpenSource } from './event-source.ts';
import { eventTerms } from './event-terms.ts';

/** Who takes the events. */
export interface QueueListener {
  /** There may be an event to take. */
  onEvent(): void;
  /** Something is worth a line in the log. */
  onNote(text: string): void;
}

const nobody: QueueListener = { onEvent: () => {}, onNote: () => {} };

/** The events that wait for an application, whichever release of it takes them: they go on waiting while nobody does. */
export class EventQueue implements Disposable {
  readonly #source: EventSource;
  #listener: QueueListener = nobody;

  constructor(open: OpenSource) {
    this.#source = open(
      () => this.#listener.onEvent(),
      (text) => this.#listener.onNote(text),
    );
  }

  listen(listener: QueueListener): void {
    this.#listener = listener;
  }

  /** Nobody takes them for now. */
  rest(): void {
    this.#listener = nobody;
  }

  take(): HostEvent | undefined {
    return this.#source.take();
  }

  counts(): ReturnType<EventSource['counts']> {
    return this.#source.counts();
  }

  [Symbol.dispose](): void {
    this.#source[Symbol.dispose]();
  }
}

/** Whether what waits for one waits for the other just so. */
export function haveSameQueue(one: HostedApplication, other: HostedApplication): boolean {
  const queueOf = (application: HostedApplication) => {
    const { name, trigger, channels } = application;
    return { name, trigger, channels, queue: eventTerms(application).queue };
  };
  return one.trigger !== undefined && isDeepStrictEqual(queueOf(one), queueOf(other));
}
