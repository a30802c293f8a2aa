/** One token bucket for each of many: sources, devices. */
import { type RateLimit, rateLimit } from './rate-limit.ts';

/** How each may go on, and how many are remembered. */
export interface RateLimitsOptions {
  readonly perSecond: number;
  readonly burst: number;
  /** Of those that took a token last; who is forgotten begins with a full bucket again. */
  readonly rememberedMax: number;
  /** In milliseconds. */
  readonly monotonic: () => number;
}

/** Buckets by name, made when they are asked for the first time. */
export class RateLimits {
  readonly #options: RateLimitsOptions;
  /** In the order in which they were asked last. */
  readonly #buckets = new Map<string, RateLimit>();

  constructor(options: RateLimitsOptions) {
    this.#options = options;
  }

  /** Takes one token of this one's bucket; false when there is none. */
  take(name: string): boolean {
    const { perSecond, burst, rememberedMax, monotonic } = this.#options;
    const bucket = this.#buckets.get(name) ?? rateLimit(perSecond, burst, monotonic);
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    if (this.#buckets.size > rememberedMax) this.#buckets.delete(this.#buckets.keys().next().value!);
    return bucket.take();
  }

  /** Puts one back that this one took for nothing. */
  giveBack(name: string): void {
    this.#buckets.get(name)?.giveBack();
  }
}
