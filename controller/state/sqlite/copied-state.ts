/**
 * A state whose file can't be written at present, for the disk is full or read-only: a copy in memory is read in its place, and
 * nothing is written anywhere. Each commit tries to open the file, and once that succeeds it is as if it had been open from the beginning.
 */
import { DiskError } from '../../../platform/ports.ts';
import {
  type RowKey,
  StateError,
  type StatePort,
  type StateRow,
  type StateWrite,
  type TornRow,
} from '../state-port.ts';
import { type MendingDisk, openMendedState, savedRows, savedText } from './mend-state.ts';
import { stateOfBytes, stateOfRows } from './sqlite-state.ts';
import { readWithLog } from './write-ahead-log.ts';

class CopiedState implements StatePort {
  readonly #path: string;
  readonly #disk: MendingDisk;
  /** The copy, or the file. */
  #state: StatePort;
  #isOpen = false;

  constructor(path: string, disk: MendingDisk, copy: StatePort) {
    this.#path = path;
    this.#disk = disk;
    this.#state = copy;
  }

  get lost(): string | undefined {
    return this.#state.lost;
  }

  load(take: (row: StateRow) => Promise<void> | undefined): Promise<void> {
    return this.#state.load(take);
  }

  read(keys: readonly RowKey[]): Promise<readonly (StateRow | TornRow)[]> {
    return this.#state.read(keys);
  }

  async commit(writes: readonly StateWrite[]): Promise<void> {
    if (!this.#isOpen) {
      this.#state = openMendedState(this.#path, this.#disk);
      this.#isOpen = true;
    }
    return this.#state.commit(writes);
  }

  close(): Promise<void> {
    return this.#state.close();
  }
}

/** What the file and its log hold; undefined where they can't be read either. Throws `StateError` on what is no state of ours. */
function copyOf(path: string, disk: MendingDisk): StatePort | undefined {
  const bytes = bytesOf(path, disk);
  if (bytes === undefined || bytes.length === 0) return undefined;
  try {
    return stateOfBytes(path, bytes);
  } catch (error) {
    if (!(error instanceof StateError) || error.code !== 'STATE_CORRUPT') throw error;
    const saved = savedRows(bytes);
    return stateOfRows(':memory:', saved.rows, savedText(path, saved, 'it is made anew once it can be written'));
  }
}

function bytesOf(path: string, disk: MendingDisk): Uint8Array | undefined {
  try {
    return readWithLog(path, disk);
  } catch (error) {
    if (error instanceof DiskError) return undefined;
    throw error;
  }
}

/** As `openMendedState`; a file that is there is read also where it can't be written. */
export function openReadableState(path: string, disk: MendingDisk): StatePort {
  try {
    return openMendedState(path, disk);
  } catch (error) {
    const mayPass = error instanceof StateError && (error.code === 'STATE_FULL' || error.code === 'STATE_IO');
    const copy = mayPass ? copyOf(path, disk) : undefined;
    if (copy === undefined) throw error;
    return new CopiedState(path, disk, copy);
  }
}
