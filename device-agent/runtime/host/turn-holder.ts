import type { Guest as Program } from '../wasi/guest.ts';
import type { SystemCall } from '../wasi/preview1.ts';

/** What instances ask of their guest, through what they import. */
export interface Caller {
  /** A system call, made by the guest's own program or by the one that is named. */
  systemCall(call: SystemCall, by: Program | undefined, values: readonly never[]): unknown;
  /** Its fuel is below zero: it has some when this resolves, or ends. */
  out(): Promise<void> | undefined;
}

/** Whose turn it is on a thread: what instances import is the same for all of them, and who asks is the guest that has its turn. */
export class TurnHolder {
  #caller: Caller | undefined;

  /** Whose turn it is. Instances run at no other time. */
  get caller(): Caller {
    if (this.#caller === undefined) throw new Error('an instance runs while no guest has its turn');
    return this.#caller;
  }

  /** From now on it is the turn of `caller`. */
  claim(caller: Caller): void {
    this.#caller = caller;
  }

  /** The turn of `caller` is over. */
  release(caller: Caller): void {
    if (this.#caller === caller) this.#caller = undefined;
  }
}
