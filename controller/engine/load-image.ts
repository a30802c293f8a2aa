/** What was kept, read into an image once, at the start. */
import type { Turn } from '../../platform/turn.ts';
import type { StatePort, StateRow, StateWrite } from '../state/state-port.ts';
import { Image, type OnRecord } from './image.ts';
import { told } from './owed.ts';
import type { Write } from './records.ts';
import { decodeRow, encodeWrite, setAside } from './rows.ts';
import { SharedValues } from './shared-values.ts';

/** A row that could not be read, and why. */
export interface Unreadable {
  readonly row: StateRow;
  readonly error: unknown;
}

/** Rows that were split, of which each becomes three at most. */
const splitsPerCommit = 256;

export interface LoadOptions {
  readonly onRecord?: OnRecord;
  /** The broker tells who is connected: at a start that is nobody, and whoever comes asks, so that no mark of the untold counts. */
  readonly tellsConnections?: boolean;
}

class Loading {
  readonly image: Image;
  readonly unreadable: Unreadable[] = [];
  readonly #state: StatePort;
  readonly #turn: Turn;
  readonly #options: LoadOptions;
  readonly #shared = new SharedValues();
  /** What rows of an older form become, by device. */
  #split = new Map<string, readonly StateWrite[]>();
  #canWrite = true;

  constructor(state: StatePort, turn: Turn, options: LoadOptions) {
    this.#state = state;
    this.#turn = turn;
    this.#options = options;
    this.image = new Image(state, this.#shared, options.onRecord);
  }

  take(row: StateRow): Promise<void> | undefined {
    try {
      this.#apply(row);
    } catch (error) {
      this.unreadable.push({ row, error });
    }
    return this.#split.size >= splitsPerCommit ? this.settle() : this.#rest();
  }

  #apply(row: StateRow): void {
    const writes = decodeRow(row, this.#shared);
    for (const write of writes) {
      if (write.kind === 'device') this.#takeRecord(write);
      else this.image.apply(write);
    }
    if (writes.length > 1) this.#split.set(row.key, writes.map(encodeWrite));
  }

  #takeRecord(write: Extract<Write, { kind: 'device' }>): void {
    const isMarked = write.record.untoldSince !== undefined;
    const isTold = this.#options.tellsConnections === true && isMarked;
    this.image.apply(isTold ? { ...write, record: told(write.record) } : write);
  }

  #rest(): Promise<void> | undefined {
    return this.#turn.isOver() ? this.#turn.pause() : undefined;
  }

  /** What was split is written, or left to the engine once that failed. */
  async settle(): Promise<void> {
    const split = this.#split;
    this.#split = new Map();
    if (split.size > 0 && !(await this.#isWritten([...split.values()].flat()))) {
      for (const [device, rows] of split) this.image.unwritten.add(device, rows);
    }
    await this.#rest();
  }

  async #isWritten(rows: readonly StateWrite[]): Promise<boolean> {
    if (!this.#canWrite) return false;
    this.#canWrite = await this.#state.commit(rows).then(
      () => true,
      () => false,
    );
    return this.#canWrite;
  }
}

/**
 * Loads all there is. A row that can't be read is as if it were not there, and is moved aside: what it held is rebuilt from git and from
 * what its device says.
 */
export async function loadImage(
  state: StatePort,
  turn: Turn,
  options: LoadOptions = {},
): Promise<{ readonly image: Image; readonly unreadable: readonly Unreadable[] }> {
  const loading = new Loading(state, turn, options);
  await state.load((row) => loading.take(row));
  await loading.settle();
  const { image, unreadable } = loading;
  image.rowsSetAside = unreadable.length;
  // On a full disk they stay where they are, and are told of again at the next start.
  if (unreadable.length > 0) await state.commit(unreadable.flatMap(({ row }) => setAside(row))).catch(() => {});
  return { image, unreadable };
}
