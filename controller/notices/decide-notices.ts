/**
 * What is to be told now, by what is so and what was told: each thing once, one notice for each cause, whatever there is of it. Pure.
 *
 *     not so ──► so, told ──► gone ──► forgotten an hour later: what flickers is not told each time
 */
import { type Cause, type Condition, causes } from './condition.ts';

/** Something that was told: how many devices it was of, and since when it is not so any more. */
export interface ToldOf {
  readonly count?: number;
  readonly goneAt?: number;
}

/** What one receiver was told; kept over restarts. */
export interface Told {
  /** Notices so far: the next has this number, also when it is sent once more. */
  readonly sent: number;
  readonly of: Readonly<Record<string, ToldOf>>;
}

/** One message for a receiver. */
export interface Notice {
  readonly number: number;
  readonly cause: Cause;
  /** The first of them. */
  readonly about: readonly Pick<Condition, 'subject' | 'message'>[];
  /** How many more. */
  readonly more: number;
}

const aboutMax = 10;
const forgottenMs = 3_600_000;
/** Kept of one receiver; there are never so many conditions at once. */
const toldMax = 2_000;

function isNews({ count }: Condition, told: ToldOf | undefined): boolean {
  if (told === undefined) return true;
  return count !== undefined && told.count !== undefined && count > 2 * told.count;
}

/** What was told, without what is gone for long. */
export function withoutGone(told: Told, conditions: readonly Condition[], now: number): Told {
  const byKey = new Set(conditions.map(({ key }) => key));
  const kept = Object.entries(told.of).flatMap(([key, { goneAt, ...before }]): [string, ToldOf][] => {
    const since = goneAt === undefined ? now : Math.min(goneAt, now);
    if (now - since >= forgottenMs) return [];
    return [[key, byKey.has(key) ? before : { ...before, goneAt: since }]];
  });
  return { sent: told.sent, of: Object.fromEntries(kept.slice(0, toldMax)) };
}

/** The next notice for a receiver, and what it was told once it has it; undefined while there is nothing new. */
export function nextNotice(
  told: Told,
  conditions: readonly Condition[],
): { readonly notice: Notice; readonly told: Told } | undefined {
  const fresh = conditions.filter((condition) => isNews(condition, told.of[condition.key]));
  const cause = causes.find((one) => fresh.some((condition) => condition.cause === one));
  if (cause === undefined) return undefined;
  const these = fresh.filter((condition) => condition.cause === cause);
  const about = these.slice(0, aboutMax).map(({ subject, message }) => ({ subject, message }));
  const notice = { number: told.sent, cause, about, more: these.length - about.length };
  const of = these.map(({ key, count }) => [key, count === undefined ? {} : { count }] as const);
  return { notice, told: { sent: told.sent + 1, of: { ...told.of, ...Object.fromEntries(of) } } };
}
