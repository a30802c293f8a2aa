/**
 * The engine goes on one turn after another:
 *
 *     events ──► decide ──► one write-set, durable ──► the image ──► answers, log, view
 *        ▲                                               │
 *        └──── settled, failed ◄── work that is owed ◄───┘
 *
 * An error is an event. What could not be written did not happen: who asked is told, or asks again. Here is what one turn takes
 * and decides, and how much of both is enough.
 */
import type { StateWrite } from '../state/state-port.ts';
import { type Decision, nothing } from './decide.ts';
import { Draft } from './draft.ts';
import type { EngineEvent } from './events.ts';
import type { Known } from './known.ts';
import { isPassing, type Write } from './records.ts';
import { encodeWrite } from './rows.ts';
import type { UnwrittenRows } from './unwritten-rows.ts';

/**
 * What a turn takes at most, so that the event loop is free again soon; devices have the second half of it at least. It is over when it
 * has read what its events look at, decided and written: all three take about as long.
 */
export const turnMs = 15;
export const eventsPerTurn = 128;
export const devicesPerTurn = 128;
/** Writing takes as long as deciding, and is not interrupted: a turn takes no further event from here on. */
export const writesPerTurn = 384;

/** An event in the queue, and who waits for what comes of it. */
export interface Waiting {
  readonly event: EngineEvent;
  readonly resolve?: (decision: Decision) => void;
  readonly reject?: (error: unknown) => void;
}

/** An event that was decided upon, and what follows. */
export interface Taken extends Waiting {
  readonly decision: Decision;
  /** It stands whether or not anything can be written. */
  readonly writesNothing: boolean;
}

/** Everything that one turn decided. */
export interface Turn {
  readonly draft: Draft;
  readonly taken: Taken[];
  /** Of devices that were thought over. */
  readonly decisions: Decision[];
  readonly considered: string[];
}

/** A turn in which nothing was decided yet. */
export function beginTurn(known: Known): Turn {
  return { draft: new Draft(known), taken: [], decisions: [], considered: [] };
}

/** An event for which nothing could be decided: it is lost as if what it came to could not be written. */
export function undecided(waiting: Waiting): Taken {
  return { ...waiting, decision: nothing, writesNothing: false };
}

/** What makes a turn durable; one that decided nothing has time for what could not be written before. */
export function rowsOf(
  { taken, considered }: Turn,
  writes: readonly Write[],
  unwritten: UnwrittenRows,
): readonly StateWrite[] {
  if (taken.length + considered.length === 0) return unwritten.some();
  return unwritten.before(writes.filter((write) => !isPassing(write)).map(encodeWrite));
}
