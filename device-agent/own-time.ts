import type { Clock } from '../platform/ports.ts';
import type { AgentTime } from './download/metadata.ts';
import type { Ledger } from './update/ledger.ts';

/** The agent's time: the machine's clock, what was signed as its floor, and what the shore said of it in this life. */
export class OwnTime implements AgentTime {
  readonly #clock: Clock;
  readonly #ledger: Pick<Ledger, 'timeFloorMs' | 'raiseTimeFloor'>;
  /** What the shore's time is ahead of the monotonic clock; undefined while it has said nothing. */
  #shoreAheadMs: number | undefined;

  /** Handed on by itself. */
  readonly nowMs = (): number => Math.max(this.#ledger.timeFloorMs, this.#clock.now());

  constructor(clock: Clock, ledger: Pick<Ledger, 'timeFloorMs' | 'raiseTimeFloor'>) {
    this.#clock = clock;
    this.#ledger = ledger;
  }

  floorMs(): number {
    return this.#ledger.timeFloorMs;
  }

  raise(signedMs: number): void {
    this.#ledger.raiseTimeFloor(signedMs);
  }

  heard(shoreMs: number): void {
    this.#shoreAheadMs = shoreMs - this.#clock.monotonic();
  }

  /** What time it is most likely: as the shore said, measured since by the clock that nobody sets; else the agent's own. */
  likelyMs(): number {
    return this.#shoreAheadMs === undefined ? this.nowMs() : this.#shoreAheadMs + this.#clock.monotonic();
  }
}
