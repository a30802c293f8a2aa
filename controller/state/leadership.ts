/**
 * Who may write the state, where several controllers could:
 *
 *     opened ──► standing by ──► leading (a term) ──► ended, or lost
 *
 * A term that is lost does not come back: what its controller remembers may be behind. It starts anew.
 */
import type { StateError, StatePort } from './state-port.ts';

/** The controller that leads. */
export interface Leader {
  readonly name: string;
  /** Grows with every term there ever was. */
  readonly epoch: number;
}

/** The time in which this controller, and no other, writes the state. */
export interface Term {
  readonly leader: Leader;
  /** Every commit of it fails once another term has begun. */
  readonly state: StatePort;
  /** Whether it is certain that no other leads. What is said to devices needs this, as a wakened program believes what was. */
  isHeld(): boolean;
  /** Resolves with the reason when the term ends before `end` is called. */
  readonly lost: Promise<StateError>;
  /** Lets another lead at once; closes the state. */
  end(): Promise<void>;
}

/** A place where state is kept, before anybody of us leads. */
export interface StatePlace {
  /** Whether a controller wrote here before. */
  readonly wasLed: boolean;
  /** Who leads as far as is known; undefined when nobody does, or nobody can tell. */
  leader(): Leader | undefined;
  /** Resolves when this controller leads, and rejects when it never will, or with the signal's reason. */
  lead(signal: AbortSignal): Promise<Term>;
  /** Does what only one controller of this place may do at a time. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
