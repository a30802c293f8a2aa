/** Work that is owed to a device until it is settled: due at once, and after each failure later and later. */
import type { Draft } from './draft.ts';
import type { Owed } from './records.ts';

const firstPauseMs = 1_000;
const pauseMsMax = 5 * 60_000;

/** How much of an error is kept. */
const failureLengthMax = 300;

function pauseMs(attempts: number): number {
  return Math.min(firstPauseMs * 2 ** Math.min(attempts - 1, 20), pauseMsMax);
}

/** Writes down that the work must be done, from now on. */
export function owe(draft: Draft, kind: Owed['kind'], subject: string, now: number): void {
  const { since = now } = draft.owed(kind, subject) ?? {};
  draft.put({ kind: 'owed', owed: { kind, subject, since, attempts: 0, dueAt: now }, settled: false });
}

/** Takes it off the list. */
export function settle(draft: Draft, { kind, subject }: Pick<Owed, 'kind' | 'subject'>): void {
  const owed = draft.owed(kind, subject);
  if (owed !== undefined) draft.put({ kind: 'owed', owed, settled: true });
}

/** It failed: it stays owed, with a reason, until a later try. Returns the row. */
export function postpone(
  draft: Draft,
  { kind, subject }: Pick<Owed, 'kind' | 'subject'>,
  error: unknown,
  now: number,
): Owed {
  const before = draft.owed(kind, subject);
  const attempts = (before?.attempts ?? 0) + 1;
  const failure = (error instanceof Error ? error.message : String(error)).slice(0, failureLengthMax);
  const owed: Owed = { kind, subject, since: before?.since ?? now, attempts, dueAt: now + pauseMs(attempts), failure };
  draft.put({ kind: 'owed', owed, settled: false });
  return owed;
}
