/** A SQLite file as a place of state: whoever has it open leads, as nobody else can open it. */
import type { Disk } from '../../../platform/ports.ts';
import type { Leader, StatePlace, Term } from '../leadership.ts';
import type { StateError } from '../state-port.ts';
import { openReadableState } from './copied-state.ts';

/** A file is led over once in a process, from its start to its end. */
const onlyEpoch = 1;

/** Opens or creates the file; `wasLed` is whether it, or what a controller keeps beside it, was there before. */
export function openSqlitePlace(path: string, disk: Disk, name: string, wasLed: boolean): StatePlace {
  const state = openReadableState(path, disk);
  const leader: Leader = { name, epoch: onlyEpoch };
  const term: Term = {
    leader,
    state,
    isHeld: () => true,
    lost: new Promise<StateError>(() => {}),
    end: () => state.close(),
  };
  return {
    wasLed,
    leader: () => leader,
    lead: async () => term,
    alone: (work) => work(),
    close: () => state.close(),
  };
}
