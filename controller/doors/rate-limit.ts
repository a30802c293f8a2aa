/** A token bucket: `perSecond` on average, `burst` at once. */
export interface RateLimit {
  /** Takes one token; false when there is none. */
  take(): boolean;
  /** Puts one back that was taken for nothing. */
  giveBack(): void;
}

/** A full bucket over a monotonic clock in milliseconds. */
export function rateLimit(perSecond: number, burst: number, monotonic: () => number): RateLimit {
  let tokens = burst;
  let filledAt = monotonic();
  return {
    take() {
      const now = monotonic();
      tokens = Math.min(burst, tokens + ((now - filledAt) / 1000) * perSecond);
      filledAt = now;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    giveBack() {
      tokens = Math.min(burst, tokens + 1);
    },
  };
}
