import type { Clock } from '../../platform/ports.ts';

/** Enough to ask for news some times, and to renew a certificate; for a module far too little. */
const bytesPerDay = 32 * 1024;
const dayMs = 24 * 3_600_000;

/** More devices than a site has: the oldest is forgotten. */
const devicesMax = 256;

/** What a device took since its day began. */
interface Taken {
  readonly fromMs: number;
  bytes: number;
}

/** What each device may take over HTTPS where it is to have no modules: news travel that way too, and nobody here can tell them apart. */
export class ControlAllowance {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #taken = new Map<string, Taken>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  hasLeft(device: string): boolean {
    return this.#of(device).bytes < bytesPerDay;
  }

  /** Whether so much more may go; it counts as taken. */
  take(device: string, bytes: number): boolean {
    const taken = this.#of(device);
    taken.bytes += bytes;
    return taken.bytes <= bytesPerDay;
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
