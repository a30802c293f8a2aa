/** What was kept, read into an image once, at the start. */
import type { Turn } from '../../platform/turn.ts';
import type { StatePort, StateRow, StateWrite } from '../state/state-port.ts';
import { Image } from './image.ts';
import type { DeviceRecord } from './records.ts';
import { decodeRow, encodeWrite, setAside } from './rows.ts';

/** A row that could not be read, and why. */
export interface Unreadable {
  readonly row: StateRow;
  readonly error: unknown;
}

/** Of rows that are split. */
const writesPerCommit = 512;

/** Whoever loads is told of every record once. */
export type OnRecord = (name: string, record: DeviceRecord) => void;

class Loading {
  readonly image: Image;
  readonly unreadable: Unreadable[] = [];
  readonly #state: StatePort;
  readonly #turn: Turn;
  readonly #onRecord: OnRecord;
  /** What rows of an older form become. */
  #split: StateWrite[] = [];

  constructor(state: StatePort, turn: Turn, onRecord: OnRecord) {
    this.#state = state;
    this.#turn = turn;
    this.#onRecord = onRecord;
    this.image = new Image(state);
  }

  take(row: StateRow): Promise<void> | undefined {
    try {
      this.#apply(row);
    } catch (error) {
      this.unreadable.push({ row, error });
    }
    return this.#split.length >= writesPerCommit ? this.settle() : this.#rest();
  }

  #apply(row: StateRow): void {
    const writes = decodeRow(row);
    for (const write of writes) {
      this.image.apply(write);
      if (write.kind === 'device') this.#onRecord(write.name, this.image.device(write.name));
    }
    if (writes.length > 1) this.#split.push(...writes.map(encodeWrite));
  }

  #rest(): Promise<void> | undefined {
    return this.#turn.isOver() ? this.#turn.pause() : undefined;
  }

  /** What was split is written. */
  async settle(): Promise<void> {
    const writes = this.#split;
    this.#split = [];
    if (writes.length > 0) await this.#state.commit(writes);
    await this.#rest();
  }
}

/**
 * Loads all there is. A row that can't be read is as if it were not there, and is moved aside: what it held is rebuilt from git and from
 * what its device says.
 */
export async function loadImage(
  state: StatePort,
  turn: Turn,
  onRecord: OnRecord = () => {},
): Promise<{ readonly image: Image; readonly unreadable: readonly Unreadable[] }> {
  const loading = new Loading(state, turn, onRecord);
  await state.load((row) => loading.take(row));
  await loading.settle();
  const { image, unreadable } = loading;
  image.rowsSetAside = unreadable.length;
  // On a full disk they stay where they are, and are told of again at the next start.
  await state.commit(unreadable.flatMap(({ row }) => setAside(row))).catch(() => {});
  return { image, unreadable };
}
