import type { Clock } from '../ports.ts';

/** Lets what goes by one name happen so often at most: who comes sooner waits for its turn, where that is near. Names are few. */
export class Pace {
  readonly #everyMs: number;
  readonly #clock: Pick<Clock, 'monotonic' | 'sleep'>;
  readonly #nextMs = new Map<string, number>();

  constructor(everyMs: number, clock: Pick<Clock, 'monotonic' | 'sleep'>) {
    this.#everyMs = everyMs;
    this.#clock = clock;
  }

  /** Resolves when it is the turn of who asks; rejects where others wait before. */
  async turn(name: string): Promise<void> {
    const nowMs = this.#clock.monotonic();
    const turnMs = Math.max(nowMs, this.#nextMs.get(name) ?? 0);
    if (turnMs - nowMs > this.#everyMs) throw new Error(`it is opened more often than every ${this.#everyMs} ms`);
    this.#nextMs.set(name, turnMs + this.#everyMs);
    if (turnMs > nowMs) await this.#clock.sleep(turnMs - nowMs);
  }
}
