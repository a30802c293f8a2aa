import type { AuthorizationRefusal } from './authorization.ts';

/** When a certificate counts, in milliseconds since the epoch. */
export interface CertificateTimes {
  readonly startsAt: number;
  readonly endsAt: number;
}

function minuteOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16)}Z`;
}

/** Why a certificate of our authority does not count now: its time is over, or one of two clocks is wrong. Undefined where it counts. */
export function outdated({ startsAt, endsAt }: CertificateTimes, now: number): AuthorizationRefusal | undefined {
  if (now > endsAt) {
    const message = `its certificate ended at ${minuteOf(endsAt)}, and by the clock here it is ${minuteOf(now)}; an agent renews by its key, also if the clock here is wrong`;
    return { code: 'CERTIFICATE_EXPIRED', message };
  }
  if (now >= startsAt) return undefined;
  const message = `its certificate counts from ${minuteOf(startsAt)}, and by the clock here it is ${minuteOf(now)}: this controller's clock is wrong, or was when it gave it; an agent renews by its key`;
  return { code: 'CERTIFICATE_NOT_YET_VALID', message };
}
