import type { RunEnd } from '../../run-end.ts';
import type { EventInput } from '../launch.ts';

/** One event. */
export interface HostEvent extends EventInput {
  /** Called once its instance has ended; `undefined` where it was stopped from outside. */
  finish?(end: RunEnd | undefined): void;
}

/** Where the events of an application come from, until it is disposed of. */
export interface EventSource extends Disposable {
  /** The next event, or undefined while there is none. */
  take(): HostEvent | undefined;
  /** Events that wait, and those that found no room. */
  counts(): { readonly waiting: number; readonly dropped: number };
}

/** Opens a source; `onEvent` is called when there may be an event to take, `note` with what is worth a line in the log. */
export type OpenSource = (onEvent: () => void, note: (text: string) => void) => EventSource;
