import type { AllowanceTerms } from '../../platform/allowance.ts';

/**
 * How often something said aboard may be kept, which is written to flash and told the shore: a program that says yes and no without end
 * must not wear out either.
 */
export const consentPace: AllowanceTerms = { atOnce: 12, everyMs: 5 * 60_000 };
