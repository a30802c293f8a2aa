/**
 * What a controller does besides writing its state, done only while it is certain that no other leads: what it says to devices,
 * and the files that controllers share. A program that was stopped and wakes up goes on where it was, and learns late.
 */
import type { Term } from './leadership.ts';
import { StateError } from './state-port.ts';

const doubt = 'another controller may lead by now; it is done once the lease is renewed, or by the one that leads';

/** Throws when another may lead. */
export function assertLeading(term: Pick<Term, 'isHeld'>): void {
  if (!term.isHeld()) throw new StateError('STATE_LEASE_LOST', `not done: ${doubt}`);
}
