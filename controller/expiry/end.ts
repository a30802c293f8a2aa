/** Trust that ends by itself, and how loudly to say so. Pure. */
import type { ExpiryStatus } from '../../schemas/generated/types.ts';

/** Something that is trusted until a time, in milliseconds since the epoch. */
export interface End {
  readonly kind: ExpiryStatus['kind'];
  /** A file of the repository, or what it is. */
  readonly subject: string;
  readonly expiresAt: number;
  /** How long it lives from when it is signed: nothing is to be said while it has more than half of that. */
  readonly lifeMs?: number;
  /** When the controller renews it by itself, where it does: until well after that nothing is to be said. */
  readonly renewedAt?: number;
  /** What stops at its end, as a clause. */
  readonly consequence: string;
  /** What to do about it, as a clause. */
  readonly remedy: string;
}

const dayMs = 24 * 60 * 60 * 1000;

/** Days before an end at which it is told again: each step once. */
export const stepDays = [365, 180, 90, 60, 30, 14, 7, 3, 1, 0] as const;

/** How long what renews itself may be late before it is told. */
const lateMs = 6 * 60 * 60 * 1000;

/** The days of the last step that was reached; undefined while there is nothing to say. */
export function stepOf({ expiresAt, lifeMs, renewedAt }: End, now: number): number | undefined {
  if (renewedAt !== undefined && now < Math.min(renewedAt + lateMs, expiresAt)) return undefined;
  const leftDays = (expiresAt - now) / dayMs;
  const isReached = (days: number) => leftDays <= days && (lifeMs === undefined || days * dayMs <= lifeMs / 2);
  return stepDays.findLast(isReached);
}

function severityOf(step: number): ExpiryStatus['severity'] {
  if (step === 0) return 'expired';
  if (step <= 7) return 'urgent';
  return step <= 30 ? 'warning' : 'notice';
}

/** `12 days`, or `5 hours` where that is less than two. */
function spanText(ms: number): string {
  const days = Math.floor(ms / dayMs);
  if (days >= 2) return `${days} days`;
  const hours = Math.floor(ms / 3_600_000);
  return hours === 1 ? '1 hour' : `${hours} hours`;
}

/** One end as status tells it; undefined while there is nothing to say. */
export function expiryStatus(end: End, now: number): ExpiryStatus | undefined {
  const step = stepOf(end, now);
  if (step === undefined) return undefined;
  const { kind, subject, expiresAt, renewedAt, consequence, remedy } = end;
  const at = new Date(expiresAt).toISOString();
  const when = step === 0 ? `expired ${spanText(now - expiresAt)} ago` : `expires in ${spanText(expiresAt - now)}`;
  const late = renewedAt === undefined ? '' : ', and should have been renewed';
  const message = `${subject} ${when} (${at})${late}; ${step === 0 ? 'since' : 'from'} then ${consequence}. ${remedy}`;
  return { kind, subject, expiresAt: at, severity: severityOf(step), message };
}

/** Told at once; more are no help to anybody. */
const toldMax = 100;

/** All that is to be said now, the soonest end first. */
export function expiryStatuses(ends: readonly End[], now: number): ExpiryStatus[] {
  return [...ends]
    .sort((one, other) => one.expiresAt - other.expiresAt)
    .flatMap((end) => expiryStatus(end, now) ?? [])
    .slice(0, toldMax);
}
