/**
 * What rows of an older form became while nothing could be written: worked over from here, in memory, until it is in the state. With a
 * device's rows goes whatever is written of it meanwhile, so that a stop never finds half of what one row held.
 */
import { isReadOnDemand, type RowKey, type StatePort, type StateWrite } from '../state/state-port.ts';

/** Rows that are written at once when there is nothing else to do. */
const rowsAtOnceMax = 512;

export class UnwrittenRows implements Pick<StatePort, 'read'> {
  readonly #state: Pick<StatePort, 'read'>;
  readonly #ofDevices = new Map<string, StateWrite[]>();

  constructor(state: Pick<StatePort, 'read'>) {
    this.#state = state;
  }

  get isEmpty(): boolean {
    return this.#ofDevices.size === 0;
  }

  /** All rows that one row of this device became. */
  add(device: string, rows: readonly StateWrite[]): void {
    this.#ofDevices.set(device, [...rows]);
  }

  #rowOf({ room, key }: RowKey): StateWrite | undefined {
    return this.#ofDevices.get(key)?.find((row) => row.room === room && isReadOnDemand(row));
  }

  /** As of the state, with what is not in it yet. */
  async read(keys: readonly RowKey[]): ReturnType<StatePort['read']> {
    if (this.isEmpty) return this.#state.read(keys);
    const here = keys.flatMap((key) => {
      const { value } = this.#rowOf(key) ?? {};
      return value === undefined ? [] : [{ ...key, value }];
    });
    const others = keys.filter((key) => this.#rowOf(key) === undefined);
    return [...here, ...(await this.#state.read(others))];
  }

  /** These writes behind what has to go with them. */
  before(writes: readonly StateWrite[]): readonly StateWrite[] {
    if (this.isEmpty) return writes;
    const devices = new Set(writes.map(({ key }) => key));
    return [...[...devices].flatMap((device) => this.#ofDevices.get(device) ?? []), ...writes];
  }

  /** Some of them. */
  some(): readonly StateWrite[] {
    const rows: StateWrite[] = [];
    for (const ofDevice of this.#ofDevices.values()) {
      rows.push(...ofDevice);
      if (rows.length >= rowsAtOnceMax) break;
    }
    return rows;
  }

  /** They are in the state. */
  written(writes: readonly StateWrite[]): void {
    if (this.isEmpty) return;
    for (const { key } of writes) this.#ofDevices.delete(key);
  }
}
