/**
 * What is known of the repository, as `fleet status` shows it. Pure moves from one state to the next.
 *
 *     empty ──adopted──► current ◄──adopted── refused
 *                          │ ▲                  ▲
 *                unreachable│ │answered          │ the tip is not valid, not signed, or gone
 *                          ▼ │                  │
 *                       unreachable ────────────┘
 *
 * pending: the tip is valid, and what it needs can't be made available or be written down yet.
 *
 * Whatever happens, the revision in force stays until another one is adopted.
 */
import type { Problem, RevisionStatus, SourceStatus } from '../../schemas/generated/types.ts';

/** Before anything was ever read. */
export function initialSourceState(location: string, branch: string): SourceStatus {
  return { state: 'empty', location, branch, problems: [] };
}

function moved(
  previous: SourceStatus,
  next: SourceStatus['state'],
  now: number,
): { state: typeof next; since: string } {
  const since = previous.state === next && previous.since !== undefined ? previous.since : new Date(now).toISOString();
  return { state: next, since };
}

/** Drops what spoke of an earlier failure. */
function withoutComplaint({ message: _, problems: __, ...rest }: SourceStatus): Omit<SourceStatus, 'problems'> {
  return rest;
}

/** The tip is valid and in force, but for what the notes say. */
export function adopted(
  previous: SourceStatus,
  revision: RevisionStatus,
  notes: readonly Problem[],
  now: number,
): SourceStatus {
  const checkedAt = new Date(now).toISOString();
  const { notes: _ofThePrevious, ...rest } = withoutComplaint(previous);
  return {
    ...rest,
    ...(notes.length === 0 ? {} : { notes: [...notes] }),
    ...moved(previous, 'current', now),
    revision,
    tip: revision,
    checkedAt,
    problems: [],
  };
}

/** The tip is valid and can't be followed yet, and why. */
export function pending(previous: SourceStatus, tip: RevisionStatus, message: string, now: number): SourceStatus {
  const checkedAt = new Date(now).toISOString();
  return { ...withoutComplaint(previous), ...moved(previous, 'pending', now), tip, checkedAt, message, problems: [] };
}

/** The tip is not taken, and why. */
export function refused(
  previous: SourceStatus,
  tip: RevisionStatus,
  message: string,
  problems: readonly Problem[],
  now: number,
): SourceStatus {
  const sameTip = previous.state === 'refused' && previous.tip?.id === tip.id;
  const since = sameTip
    ? moved(previous, 'refused', now)
    : { state: 'refused' as const, since: new Date(now).toISOString() };
  return {
    ...withoutComplaint(previous),
    ...since,
    tip,
    checkedAt: new Date(now).toISOString(),
    message,
    problems: [...problems],
  };
}

/** The repository answered, and its tip is what is in force: a silence before is over. */
export function answered(previous: SourceStatus, now: number): SourceStatus {
  const checkedAt = new Date(now).toISOString();
  if (previous.state !== 'unreachable') return { ...previous, checkedAt };
  const state = previous.revision === undefined ? 'empty' : 'current';
  return { ...withoutComplaint(previous), ...moved(previous, state, now), checkedAt, problems: [] };
}

/** No answer, or none that counts: a server that is down or lies, a branch that is gone. */
export function unreachable(previous: SourceStatus, message: string, now: number): SourceStatus {
  return { ...previous, ...moved(previous, 'unreachable', now), message };
}

/** The repository answers but has no commit yet. */
export function withoutCommit(previous: SourceStatus, now: number): SourceStatus {
  const checkedAt = new Date(now).toISOString();
  const message = 'the repository has no commit on this branch';
  if (previous.revision !== undefined) return { ...unreachable(previous, message, now), checkedAt };
  return { ...withoutComplaint(previous), ...moved(previous, 'empty', now), checkedAt, message, problems: [] };
}
