/** How many starts may be written down: an agent that ends again and again must not fill its logbook with that, nor wear the flash. */
import { entriesAtOnce, entriesPerHour } from './limits.ts';

const hourMs = 3_600_000;

/** What is left of it, kept from one life to the next. */
export interface StartAllowance {
  readonly left: number;
  /** When that was so, by the agent's own time. */
  readonly atMs: number;
  /** Starts that were too many since the last that was written down. */
  readonly passedOver: number;
}

/** As it is at first. */
export function fullAllowance(nowMs: number): StartAllowance {
  return { left: entriesAtOnce, atMs: nowMs, passedOver: 0 };
}

/** With what came with time; a clock that was set back brings nothing and takes nothing. */
export function grown({ left, atMs, passedOver }: StartAllowance, nowMs: number): StartAllowance {
  const gained = (Math.max(0, nowMs - atMs) / hourMs) * entriesPerHour;
  return { left: Math.min(entriesAtOnce, left + gained), atMs: nowMs, passedOver };
}

/** After a start, and whether that may be written down. */
export function afterStart(before: StartAllowance, nowMs: number): StartAllowance & { readonly isNoted: boolean } {
  const { left, atMs, passedOver } = grown(before, nowMs);
  return left < 1
    ? { left, atMs, passedOver: passedOver + 1, isNoted: false }
    : { left: left - 1, atMs, passedOver: 0, isNoted: true };
}
