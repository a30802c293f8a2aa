/** Puts what was done over the API, and who was refused, at the end of the audit. */
import { type AuditDeed, auditEntriesMax, nextEntry } from '../../schemas/audit-chain.ts';
import type { Draft } from './draft.ts';
import type { Tale } from './history.ts';

/** Writes one entry, for which the oldest goes when there are as many as are kept. The log has its digest too, which nobody changes with the state. */
export function writeDown(draft: Draft, deed: AuditDeed, now: number): Tale[] {
  const head = draft.auditHead;
  const entry = nextEntry(head, deed, now);
  const isFull = entry.n - head.first >= auditEntriesMax;
  if (isFull) draft.put({ kind: 'audit', n: head.first });
  draft.put({ kind: 'audit', n: entry.n, entry });
  const first = isFull ? head.first + 1 : head.first;
  draft.put({ kind: 'audit-head', head: { first, last: entry.n, digest: entry.digest } });
  const { n, who, what, outcome, digest } = entry;
  return [{ level: 'info', event: 'access.recorded', fields: { n, who, what, outcome, digest } }];
}
