/** Where the events of an application come from, until it is disposed of. */
export interface EventSource extends Disposable {
  /** The payload of the next event, or undefined while there is none. */
  take(): Uint8Array | undefined;
  /** Events that wait, and those that found no room. */
  counts(): { readonly waiting: number; readonly dropped: number };
}

/** Opens a source; `onEvent` is called, in a turn of its own, when there may be an event to take. */
export type OpenSource = (onEvent: () => void) => EventSource;
