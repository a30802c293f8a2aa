/** Who was not let in, newest first: bounded, and the same thing within a minute counts once. */
import type { Refusal } from '../../schemas/generated/types.ts';

/** Kept in all. */
export const refusalsMax = 500;

/** The same refusal within this time counts once. */
const windowMs = 60_000;

function isSame(left: Refusal, right: Refusal): boolean {
  return left.device === right.device && left.keyFingerprint === right.keyFingerprint && left.code === right.code;
}

/** The list with one more; the same list when it is known already. */
export function withRefusal(refusals: readonly Refusal[], refusal: Refusal): readonly Refusal[] {
  const at = Date.parse(refusal.at);
  // A clock that jumped back must not silence what happens now, so only the window before `at` counts.
  const isKnown = refusals.some(
    (one) => isSame(one, refusal) && Date.parse(one.at) > at - windowMs && Date.parse(one.at) <= at,
  );
  return isKnown ? refusals : [refusal, ...refusals].slice(0, refusalsMax);
}
