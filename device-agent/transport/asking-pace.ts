import { Allowance, type AllowanceTerms } from '../../platform/allowance.ts';
import type { Clock } from '../../platform/ports.ts';

/** After a failure it is tried again this soon, and at doubling distances up to the most. */
const firstMs = 15_000;
const retryMsMax = 30 * 60_000;

/** A server that asks to be left alone is for so long at most, as where files are fetched: it may be wrong. */
const leftAloneMsMax = 60 * 60_000;

/** Between two tries, whoever wants the second. */
const betweenMs = 10_000;

/** Asking out of turn. */
const unplanned: AllowanceTerms = { atOnce: 6, everyMs: 3 * 60 * 60_000 };

/** How often it is asked: at first so, and at doubling distances up to the most. */
export interface Rhythm {
  readonly fromMs: number;
  readonly mostMs: number;
}

/** When a device that asks by a plan asks next: by the plan, sooner after a failure, and at once for what can't wait, within a budget. */
export class AskingPace {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #rhythm: Rhythm;
  #failures = 0;
  #answers = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  readonly #unplanned: Allowance;

  constructor(clock: Pick<Clock, 'monotonic'>, rhythm: Rhythm) {
    this.#clock = clock;
    this.#rhythm = rhythm;
    this.#unplanned = new Allowance(clock, unplanned);
  }

  /** How long it is silent after the try under way, or after the last one, if that is answered. */
  get intervalMs(): number {
    const { fromMs, mostMs } = this.#rhythm;
    return Math.min(mostMs, fromMs * 2 ** Math.min(Math.max(0, this.#answers - 1), 30));
  }

  /** A try begins: to one that is answered now the next comes later than it came itself. */
  begin(): void {
    if (!this.isFailing) this.#answers += 1;
  }

  /** Whether the last try came to nothing. */
  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** A try has ended. */
  tried(isAnswered: boolean): void {
    this.#failures = isAnswered ? 0 : this.#failures + 1;
    this.#lastMs = this.#clock.monotonic();
  }

  /**
   * How long to wait for the next; `fraction` is chance, `leaveAloneMs` what the server asks for. Devices of a site do not ask in step,
   * and never later than the plan has it.
   */
  pauseMs(fraction: number, leaveAloneMs: number): number {
    if (!this.isFailing) return this.intervalMs * (0.9 + 0.1 * fraction);
    const toldMs = Math.min(leaveAloneMs, leftAloneMsMax) * (1 + fraction / 4);
    return Math.min(this.intervalMs, Math.max(this.#retryMs(fraction), toldMs));
  }

  #retryMs(fraction: number): number {
    const most = Math.min(retryMsMax, this.#rhythm.mostMs);
    const ceiling = Math.min(most, firstMs * 2 ** Math.min(this.#failures - 1, 20));
    return (ceiling / 2) * (1 + fraction);
  }

  /** How long to wait where something may have ended what made the last try fail, or somebody asks for it. */
  earlyMs(): number {
    return Math.max(0, this.#lastMs + betweenMs - this.#clock.monotonic());
  }

  /** How long to wait with what can't wait for the plan. */
  unplannedMs(): number {
    return Math.max(this.earlyMs(), this.#unplanned.waitMs());
  }

  /** One out of turn begins. */
  spendUnplanned(): void {
    this.#unplanned.spend();
  }
}
