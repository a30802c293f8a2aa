/**
 * The controller's real SQLite state, in a process that may end at any write-set, and on a disk that may refuse one. What was
 * committed stays.
 */
import { StateError, type StatePort, type StateWrite } from '../../controller/state/state-port.ts';
import { PowerCut } from './sim-disk.ts';
import { guarded, type ProcessLife } from './sim-process.ts';

/** Counts down to the end of a process, over everything that it writes. */
export class Countdown {
  #left = Number.POSITIVE_INFINITY;

  /** Ends it after so many more changes. */
  set(changes: number): void {
    this.#left = changes;
  }

  clear(): void {
    this.#left = Number.POSITIVE_INFINITY;
  }

  /** One change is about to be made. */
  pass(): void {
    if (this.#left <= 0) throw new PowerCut();
    this.#left -= 1;
  }
}

/** What is wrong with the state's disk. */
export interface StateFaults {
  /** Nothing can be written. */
  isFull: boolean;
  /** So many write-sets more fail, and each after it is fine. */
  failures: number;
}

/** The state as one process has it. */
export function stateOf(life: ProcessLife, state: StatePort, countdown: Countdown, faults: StateFaults): StatePort {
  return {
    load: (take) => guarded(life, () => state.load(take)),
    read: (keys) => guarded(life, () => state.read(keys)),
    async commit(writes: readonly StateWrite[]) {
      // The end may come before a change, or after it and before anybody hears of it.
      guarded(life, () => countdown.pass());
      if (faults.isFull) throw new StateError('STATE_FULL', 'the disk of the state is full');
      if (faults.failures > 0) {
        faults.failures -= 1;
        throw new StateError('STATE_IO', 'the disk of the state does not answer');
      }
      await state.commit(writes);
      guarded(life, () => countdown.pass());
    },
    close: async () => {},
  };
}
