import type { Disk } from '../../platform/ports.ts';
import { DoubleSlot } from '../storage/double-slot.ts';
import { emptyMemory, type Memory } from './state.ts';

/** The engine's memory on disk: what was committed last is what the next start finds. */
export interface Journal {
  /** Durable when it returns; the former memory stays when it throws. */
  commit(memory: Memory): void;
  /** Writes what was committed last anew where it rotted. */
  mend(memory: Memory): void;
}

/** Opens the journal in a directory that exists. */
export function openJournal(disk: Disk, directory: string): { readonly journal: Journal; readonly memory: Memory } {
  const { slot, value } = DoubleSlot.openMended<Memory>(disk, `${directory}/engine`);
  return {
    journal: { commit: (memory) => slot.write(memory), mend: (memory) => slot.mend(memory) },
    memory: value ?? emptyMemory,
  };
}

/** What a journal holds, for who only looks: nothing is mended. */
export function readJournal(disk: Disk, directory: string): Memory {
  return DoubleSlot.open<Memory>(disk, `${directory}/engine`).value ?? emptyMemory;
}
