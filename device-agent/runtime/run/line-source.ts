import type { EventSource, HostEvent, OpenSource } from '../host/events/event-source.ts';
import { inputOf } from '../primitives/streams.ts';

/** Events that are lines: each is an instance's input, and none comes before the one before was taken. */
export class LineSource implements EventSource {
  #pending: Uint8Array | undefined;
  #taken = (): void => {};
  readonly #onEvent: () => void;

  constructor(onEvent: () => void) {
    this.#onEvent = onEvent;
  }

  /** Resolves when the line was taken. */
  put(line: Uint8Array): Promise<void> {
    this.#pending = line;
    const taken = new Promise<void>((resolve) => {
      this.#taken = resolve;
    });
    this.#onEvent();
    return taken;
  }

  take(): HostEvent | undefined {
    const line = this.#pending;
    if (line === undefined) return undefined;
    this.#pending = undefined;
    this.#taken();
    return { stdin: inputOf(line) };
  }

  counts() {
    return { waiting: this.#pending === undefined ? 0 : 1, dropped: 0 };
  }

  [Symbol.dispose](): void {
    this.#pending = undefined;
  }
}

/** Opens a source of lines; `onOpen` is handed it. */
export function lineSource(onOpen: (source: LineSource) => void): OpenSource {
  return (onEvent) => {
    const source = new LineSource(onEvent);
    onOpen(source);
    return source;
  };
}
