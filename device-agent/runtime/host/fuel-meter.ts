import { sliceMs } from './turns.ts';

/** What a run may spend; fuel is the metered cost of the instructions it executes. */
export interface FuelTerms {
  /** Over the whole run. */
  readonly fuelPerRun?: number;
  readonly fuelPerSecond?: number;
  /** What it gets at a time where nobody else wants the thread; otherwise as much as a millisecond takes. */
  readonly fuelPerSlice?: number;
}

/** What a guest that has spent its slice gets. */
export type Grant =
  | { readonly kind: 'slice'; readonly left: number }
  /** It had its share of this second. */
  | { readonly kind: 'wait'; readonly delayMs: number }
  /** It had all it may have. */
  | { readonly kind: 'spent' };

const sliceFuelFirst = 100_000;
const sliceFuelMin = 10_000;
const sliceFuelMax = 10_000_000;
/** Less than this of a second's share is not worth a turn. */
const shareMin = 1 / 100;

/** The fuel of one guest, run after run: what it has spent, and how much it gets at a time so that a slice takes about a millisecond. */
export class FuelMeter {
  readonly #terms: FuelTerms;
  /** Of the run at hand, with what the guest had left over. */
  #granted = 0;
  /** What runs before it spent. */
  #before = 0;
  #sliceFuel: number;
  #share: number;
  #shareAtMs: number;

  constructor(terms: FuelTerms, nowMs: number) {
    this.#terms = terms;
    this.#sliceFuel = terms.fuelPerSlice ?? sliceFuelFirst;
    this.#share = terms.fuelPerSecond ?? 0;
    this.#shareAtMs = nowMs;
  }

  /** Another run of it begins, which may spend all that a run may. */
  begin(left: number): void {
    this.#before += this.spentOfRun(left);
    this.#granted = left;
  }

  /** Fuel spent since the run began, never more than it may; `left` is what the guest still has, below zero where it went over. */
  spentOfRun(left: number): number {
    return Math.min(this.#granted - left, this.#fuelPerRun);
  }

  /** Fuel spent in all its runs. */
  spent(left: number): number {
    return this.#before + this.spentOfRun(left);
  }

  /** Whether a run that has nothing left spent more than it may. */
  get isOver(): boolean {
    return this.#granted > this.#fuelPerRun;
  }

  get #fuelPerRun(): number {
    return this.#terms.fuelPerRun ?? Number.POSITIVE_INFINITY;
  }

  /** What comes next for a guest that has `left`; one that owes, for a bulk operation, pays that first. */
  grant(left: number, nowMs: number): Grant {
    const { fuelPerSecond: perSecond } = this.#terms;
    const debt = Math.max(0, -left);
    const rest = this.#fuelPerRun - this.#granted - debt;
    if (rest <= 0) return { kind: 'spent' };
    let slice = Math.min(this.#sliceFuel, rest);
    if (perSecond !== undefined) {
      const share = this.#refill(perSecond, debt, nowMs) - debt;
      const wanted = Math.min(slice, perSecond * shareMin);
      if (share < wanted) return { kind: 'wait', delayMs: Math.ceil(((wanted - share) / perSecond) * 1000) };
      slice = Math.min(slice, Math.max(1, Math.floor(share)));
      this.#share -= slice + debt;
    }
    this.#granted += slice + debt;
    return { kind: 'slice', left: Math.max(0, left) + slice };
  }

  /** Fuel that was spent beyond what was granted, which comes out of what the next second earns. */
  lend(fuel: number): void {
    this.#granted += fuel;
    this.#share -= fuel;
  }

  /** A guest whose turn is over before its slice gives back what it has left; gives what that one goes on with. */
  takeBack(left: number): number {
    if (this.#terms.fuelPerSlice !== undefined) return left;
    this.#granted -= left;
    this.#share += left;
    return 0;
  }

  /** A stretch of running is over: the next slice is as large as that speed makes it. */
  ran(fuel: number, tookMs: number): void {
    if (this.#terms.fuelPerSlice !== undefined || fuel < sliceFuelMin || tookMs <= 0) return;
    const fitting = (fuel / tookMs) * sliceMs;
    // By at most half and double: one hiccup of the machine does not make it tiny, nor a quick start huge.
    const next = Math.min(Math.max(fitting, this.#sliceFuel / 2), this.#sliceFuel * 2);
    this.#sliceFuel = Math.round(Math.min(Math.max(next, sliceFuelMin), sliceFuelMax));
  }

  /** A debt may be larger than a second's share: it is saved up for. */
  #refill(perSecond: number, debt: number, nowMs: number): number {
    const more = (Math.max(0, nowMs - this.#shareAtMs) / 1000) * perSecond;
    this.#share = Math.min(perSecond + debt, this.#share + more);
    this.#shareAtMs = nowMs;
    return this.#share;
  }
}
