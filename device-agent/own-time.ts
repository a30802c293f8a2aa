import type { Clock } from '../platform/ports.ts';
import type { ClockDoubt } from '../schemas/generated/types.ts';
import type { AgentTime } from './download/metadata.ts';
import type { Ledger } from './update/ledger.ts';

/** A clock that is wrong by less is nobody's trouble; one of another time zone is. */
const wrongMsMin = 30 * 60_000;

/** The agent's time: the machine's clock, what was signed as its floor, and what the shore said of it in this life. */
export class OwnTime implements AgentTime {
  readonly #clock: Clock;
  readonly #ledger: Pick<Ledger, 'timeFloorMs' | 'raiseTimeFloor'>;
  readonly #onHeard: () => void;
  /** What the shore's time is ahead of the monotonic clock; undefined while it has said nothing. */
  #shoreAheadMs: number | undefined;

  /** Handed on by itself. */
  readonly nowMs = (): number => Math.max(this.#ledger.timeFloorMs, this.#clock.now());

  constructor(clock: Clock, ledger: Pick<Ledger, 'timeFloorMs' | 'raiseTimeFloor'>, onHeard: () => void) {
    this.#clock = clock;
    this.#ledger = ledger;
    this.#onHeard = onHeard;
  }

  floorMs(): number {
    return this.#ledger.timeFloorMs;
  }

  raise(signedMs: number): void {
    this.#ledger.raiseTimeFloor(signedMs);
  }

  heard(shoreMs: number): void {
    this.#shoreAheadMs = shoreMs - this.#clock.monotonic();
    this.#onHeard();
  }

  /** What time it is most likely: as the shore said, measured since by the clock that nobody sets; else the agent's own. */
  likelyMs(): number {
    return this.#shoreAheadMs === undefined ? this.nowMs() : this.#shoreAheadMs + this.#clock.monotonic();
  }
  /** How the clock is wrong, and by what; undefined where nothing says so. */
  doubt(): ClockDoubt | undefined {
    const behindMs = this.likelyMs() - this.#clock.now();
    if (Math.abs(behindMs) <= wrongMsMin) return undefined;
    return { stands: behindMs > 0 ? 'behind' : 'ahead', by: this.#shoreAheadMs === undefined ? 'signed' : 'shore' };
  }
}
