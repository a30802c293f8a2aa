import type { Problem } from '../../schemas/generated/types.ts';
import { expiryStatuses } from '../expiry/end.ts';
import { trustEnds } from './trust-ends.ts';
import type { VerifiedTrust } from './verify-trust.ts';

/**
 * What of a repository's trust comes to its end, as notes beside its problems: expiry refuses no revision. While all of it has
 * more than a month, that is one note, of the first.
 */
export function expiryNotes(trust: VerifiedTrust, now: number): Problem[] {
  const statuses = expiryStatuses(trustEnds(trust), now);
  const soon = statuses.filter(({ severity }) => severity !== 'notice');
  return (soon.length > 0 ? soon : statuses.slice(0, 1)).map(({ subject, severity, message }) => ({
    file: subject,
    code: severity === 'expired' ? 'TRUST_EXPIRED' : 'TRUST_EXPIRES',
    message,
  }));
}
