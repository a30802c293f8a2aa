/**
 * What the controller must not forget, as rows of text by room and key. Whoever holds the port loads once what all of a fleet is
 * counted and decided upon by, and then only writes, a write-set as a whole or not at all. What only a question about one device
 * or a change of it needs, and is most of the bytes, stays here and is read when it is asked for.
 */

/** Rooms of rows that are read one by one; all others are loaded. */
const roomsReadOnDemand: ReadonlySet<string> = new Set([
  'envelope',
  'reported',
  'history',
  'answer',
  'published',
  'audit',
  'notices',
]);

/** Whether a row stays in the store until it is asked for. */
export function isReadOnDemand({ room }: RowKey): boolean {
  return roomsReadOnDemand.has(room);
}

/** Which row. */
export interface RowKey {
  readonly room: string;
  readonly key: string;
}

/** The same as one text. */
export function rowName({ room, key }: RowKey): string {
  return `${room} ${key}`;
}

/** One thing to remember; `value` is JSON. */
export interface StateRow extends RowKey {
  readonly value: string;
}

/** A row that is there, or may be, and can't be read; others can. */
export interface TornRow extends RowKey {
  readonly error: StateError;
}

/** A row as it must be from now on; without `value` it goes. */
export interface StateWrite extends RowKey {
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
  /** What of it was lost to damage when it was opened or loaded, in words. */
  readonly lost?: string | undefined;
  /** Hands out every row that is not read on demand, in no order; waits where `take` asks for a pause. Rows may be written meanwhile. */
  load(take: (row: StateRow) => Promise<void> | undefined): Promise<void>;
  /** Those of these rows that are there, as the commits before left them. All of them are of rooms that are read on demand. */
  read(keys: readonly RowKey[]): Promise<readonly (StateRow | TornRow)[]>;
  /** All of it or nothing; durable when it resolves, torn rows too. Of two writes to one row the later counts. */
  commit(writes: readonly StateWrite[]): Promise<void>;
  close(): Promise<void>;
}
