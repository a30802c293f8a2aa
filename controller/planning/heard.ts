/** When a device was heard last, by a clock that may have been set since. */
import type { ObservedDevice } from './observed.ts';

/** A contact this far in the future was written down with a clock that ran ahead. */
export const clockStepMs = 5 * 60_000;

/** When it was heard last; undefined when it never was, or nobody knows since this controller's clock was set back. */
export function heardAt({ contactAt, connected }: ObservedDevice, now: number): number | undefined {
  if (contactAt === undefined || contactAt <= now + clockStepMs) return contactAt;
  return connected === true ? now : undefined;
}
