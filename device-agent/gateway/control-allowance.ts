import type { Clock } from '../../platform/ports.ts';

const dayMs = 24 * 3_600_000;

/** More devices than a site has: the oldest is forgotten. */
const devicesMax = 256;

/** What a device took since its day began. */
interface Taken {
  readonly fromMs: number;
  bytes: number;
}

/** What each device may take a day where it is to have no modules: control travels the same way, and nobody here can tell them apart. */
export class ControlAllowance {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #bytesPerDay: number;
  readonly #taken = new Map<string, Taken>();

  constructor(clock: Pick<Clock, 'monotonic'>, bytesPerDay: number) {
    this.#clock = clock;
    this.#bytesPerDay = bytesPerDay;
  }

  hasLeft(device: string): boolean {
    return this.#of(device).bytes < this.#bytesPerDay;
  }

  /** Whether so much more may go; it counts as taken. */
  take(device: string, bytes: number): boolean {
    const taken = this.#of(device);
    taken.bytes += bytes;
    return taken.bytes <= this.#bytesPerDay;
  }

  #of(device: string): Taken {
    const nowMs = this.#clock.monotonic();
    const known = this.#taken.get(device);
    if (known !== undefined && nowMs - known.fromMs < dayMs) return known;
    const begun = { fromMs: nowMs, bytes: 0 };
    this.#taken.delete(device);
    this.#taken.set(device, begun);
    const [oldest] = this.#taken.keys();
    if (this.#taken.size > devicesMax && oldest !== undefined) this.#taken.delete(oldest);
    return begun;
  }
}
