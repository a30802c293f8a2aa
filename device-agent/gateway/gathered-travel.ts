import type { Clock, CountTravel } from '../../platform/ports.ts';

/** Bytes by interface, told in sums: each piece by itself would be a message between two processes. */
export class GatheredTravel {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #everyMs: number;
  readonly #tell: CountTravel;
  readonly #bytes = new Map<string | undefined, number>();

  constructor(clock: Pick<Clock, 'after'>, everyMs: number, tell: CountTravel) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#tell = tell;
  }

  readonly count: CountTravel = (bytes, via) => {
    if (this.#bytes.size === 0) this.#clock.after(this.#everyMs, () => this.#tellAll());
    this.#bytes.set(via, (this.#bytes.get(via) ?? 0) + bytes);
  };

  #tellAll(): void {
    const gathered = [...this.#bytes];
    this.#bytes.clear();
    for (const [via, bytes] of gathered) this.#tell(bytes, via);
  }
}
