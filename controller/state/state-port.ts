/**
 * What the controller must not forget, as rows of text by room and key. Whoever holds the port loads everything once and
 * then only writes: a write-set is durable as a whole or not at all.
 */

/** One thing to remember; `value` is JSON. */
export interface StateRow {
  readonly room: string;
  readonly key: string;
  readonly value: string;
}

/** A row as it must be from now on; without `value` it goes. */
export interface StateWrite {
  readonly room: string;
  readonly key: string;
  readonly value?: string;
}

/**
 * Why the state can't be read or written. `STATE_LEASE_LOST`: another controller leads, or may; whoever is told so stops
 * acting on what it remembers. `STATE_REFUSED`: the database does not let us in, or not do this. `STATE_UNTRUSTED`: what
 * answers can't show that it is the database.
 */
export type StateErrorCode =
  | 'STATE_CORRUPT'
  | 'STATE_NEWER'
  | 'STATE_LOCKED'
  | 'STATE_FULL'
  | 'STATE_IO'
  | 'STATE_UNREACHABLE'
  | 'STATE_UNTRUSTED'
  | 'STATE_REFUSED'
  | 'STATE_LEASE_LOST';

/** What every method of the port rejects with; `code` decides, the message is for people. */
export class StateError extends Error {
  readonly code: StateErrorCode;
  constructor(code: StateErrorCode, detail: string) {
    super(detail);
    this.name = 'StateError';
    this.code = code;
  }
}

/** One engine that keeps state. Every one of them passes the same conformance suite. */
export interface StatePort {
  /** Hands out every row there is, in no order; waits where `take` asks for a pause. */
  load(take: (row: StateRow) => Promise<void> | undefined): Promise<void>;
  /** All of it or nothing; durable when it resolves. Of two writes to one row the later counts. */
  commit(writes: readonly StateWrite[]): Promise<void>;
  close(): Promise<void>;
}
