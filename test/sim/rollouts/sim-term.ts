/**
 * The time in which one of two controllers leads, as a state with a lease has it (`controller/state/leadership.ts`):
 *
 *     leads ──► cut off from the state: what it wrote last may have happened ──► lost: another leads ──► ended
 *
 * Until its end it goes on by what it remembers. Cut off it may say things, for as long as its lease is; lost it may not.
 */
import { StateError, type StatePort } from '../../../controller/state/state-port.ts';
import type { Life } from '../../../platform/simulated/clock.ts';

export class SimTerm {
  /** Of its process. */
  readonly life: Life = { alive: true };
  #writes: 'all' | 'once more' | 'none' = 'all';
  #isHeld = true;

  /** Whether all that it writes happens, as far as this depends on the lead. */
  get isWhole(): boolean {
    return this.#writes === 'all';
  }

  /** Whether something that it writes may still happen. */
  get mayWrite(): boolean {
    return this.#writes !== 'none';
  }

  /** From now on it is told that nothing is written; of what it writes next that may be wrong. */
  cutOff(isOneWritten: boolean): void {
    this.#writes = isOneWritten ? 'once more' : 'none';
  }

  /** Another leads. */
  lose(): void {
    this.#writes = 'none';
    this.#isHeld = false;
  }

  /** Throws where another leads. */
  assertHeld(): void {
    if (!this.#isHeld) throw this.#lost();
  }

  /** The state, written under this term alone. */
  around(state: StatePort): StatePort {
    return {
      load: (take) => state.load(take),
      close: () => state.close(),
      read: (keys) => state.read(keys),
      commit: async (writes) => {
        if (!this.mayWrite) throw this.#lost();
        await state.commit(writes);
        if (this.isWhole) return;
        this.#writes = 'none';
        throw this.#lost();
      },
    };
  }

  #lost(): StateError {
    return new StateError('STATE_LEASE_LOST', 'another controller leads, or may');
  }
}
