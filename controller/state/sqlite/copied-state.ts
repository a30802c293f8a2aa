/**
 * A state whose file can't be written at present, for the disk is full or read-only: a copy in memory is read in its place, and
 * nothing is written anywhere. Each commit tries to open the file, and once that succeeds it is as if it had been open from the beginning.
 */
import { type Disk, DiskError } from '../../../platform/ports.ts';
import {
  type RowKey,
  StateError,
  type StatePort,
  type StateRow,
  type StateWrite,
  type TornRow,
} from '../state-port.ts';
import { openSqliteState, stateOfBytes } from './sqlite-state.ts';
import { withLogApplied } from './write-ahead-log.ts';

type Files = Pick<Disk, 'stat' | 'readFile'>;

class CopiedState implements StatePort {
  readonly #path: string;
  /** The copy, or the file. */
  #state: StatePort;
  #isOpen = false;

  constructor(path: string, copy: StatePort) {
    this.#path = path;
    this.#state = copy;
  }

  load(take: (row: StateRow) => Promise<void> | undefined): Promise<void> {
    return this.#state.load(take);
  }

  read(keys: readonly RowKey[]): Promise<readonly (StateRow | TornRow)[]> {
    return this.#state.read(keys);
  }

  async commit(writes: readonly StateWrite[]): Promise<void> {
    if (!this.#isOpen) {
      this.#state = openSqliteState(this.#path);
      this.#isOpen = true;
    }
    return this.#state.commit(writes);
  }

  close(): Promise<void> {
    return this.#state.close();
  }
}

/** What the file and its log hold; undefined where they can't be read either. Throws `StateError` on what is no state of ours. */
function copyOf(path: string, files: Files): StatePort | undefined {
  try {
    const log = `${path}-wal`;
    const bytes = withLogApplied(files.readFile(path), files.stat(log) ? files.readFile(log) : new Uint8Array());
    return bytes.length === 0 ? undefined : stateOfBytes(path, bytes);
  } catch (error) {
    if (error instanceof DiskError) return undefined;
    throw error;
  }
}

/** As `openSqliteState`; a file that is there is read also where it can't be written. */
export function openReadableState(path: string, files: Files): StatePort {
  try {
    return openSqliteState(path);
  } catch (error) {
    const mayPass = error instanceof StateError && (error.code === 'STATE_FULL' || error.code === 'STATE_IO');
    const copy = mayPass ? copyOf(path, files) : undefined;
    if (copy === undefined) throw error;
    return new CopiedState(path, copy);
  }
}
