import type { AllowanceTerms } from '../../platform/allowance.ts';

/** How often an application's log may be written down because somebody wants to read it: each time costs the flash a block. */
export const logPace: AllowanceTerms = { atOnce: 30, everyMs: 5 * 60_000 };
