/** Whether windows are open at a moment. Pure: the times of schedules are handed in. */
import type { Window } from '../../schemas/generated/types.ts';
import type { NextTime } from '../cron-times.ts';

/** A window, and the times at which it opens. */
export interface TimedWindow {
  readonly window: Window;
  readonly next: NextTime;
}

export type Opening =
  /** Open until then at least: another window may follow without a gap. */
  | { readonly kind: 'open'; readonly untilMs: number }
  | { readonly kind: 'closed'; readonly opensAtMs: number; readonly window: Window }
  /** None of them opens any more. */
  | { readonly kind: 'never' };

/** The first opening of a window that is not over at `nowMs`. */
function openingOfOne({ window, next }: TimedWindow, nowMs: number): Opening {
  const lengthMs = window.seconds * 1000;
  const startMs = next(nowMs - lengthMs);
  if (startMs === undefined) return { kind: 'never' };
  return startMs <= nowMs
    ? { kind: 'open', untilMs: startMs + lengthMs }
    : { kind: 'closed', opensAtMs: startMs, window };
}

/** Whether one of these windows is open, else which opens first. */
export function openingOf(windows: readonly TimedWindow[], nowMs: number): Opening {
  let first: Opening = { kind: 'never' };
  for (const window of windows) {
    const opening = openingOfOne(window, nowMs);
    if (opening.kind === 'open') return opening;
    const isEarlier = opening.kind === 'closed' && (first.kind !== 'closed' || opening.opensAtMs < first.opensAtMs);
    if (isEarlier) first = opening;
  }
  return first;
}
