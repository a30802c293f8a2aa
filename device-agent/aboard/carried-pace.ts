import type { AllowanceTerms } from '../../platform/allowance.ts';

/** How often a bundle may be taken: each costs a process that judges it and lines of the log. */
export const bundlePace: AllowanceTerms = { atOnce: 30, everyMs: 5_000 };

/** How often messages may be read and signed to be carried: more batches than a receipt has room for. */
export const messagesPace: AllowanceTerms = { atOnce: 2_500, everyMs: 500 };

/**
 * How often a receipt may be written: each has a number of its own, of those that reports have, and the shore believes no report whose
 * number leaps by a million.
 */
export const receiptPace: AllowanceTerms = { atOnce: 12, everyMs: 60_000 };
