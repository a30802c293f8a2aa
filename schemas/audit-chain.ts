/** The chain of what was done over the API: each entry has the digest of the one before, so that a gap or a change shows. */
import { createHash } from 'node:crypto';
import type { AuditEntry } from './generated/types.ts';

/** What an entry says, before it has its place. */
export type AuditDeed = Omit<AuditEntry, 'n' | 'at' | 'before' | 'digest'>;

/** Where the chain ends. */
export interface AuditHead {
  /** Of the oldest entry that is kept. */
  readonly first: number;
  /** Of the newest. */
  readonly last: number;
  /** Of the newest; zeros where there is none. */
  readonly digest: string;
}

/** A chain without entries. */
export const noAudit: AuditHead = { first: 1, last: 0, digest: '0'.repeat(64) };

/** Entries that are kept; then the oldest go. */
export const auditEntriesMax = 20_000;

/** Members are texts and numbers, so that their names in order make one text of it. */
function digestOf({ digest: _digest, ...entry }: Omit<AuditEntry, 'digest'> & { readonly digest?: string }): string {
  const text = JSON.stringify(entry, Object.keys(entry).sort());
  return createHash('sha256').update(text).digest('hex');
}

/** The entry behind the head. */
export function nextEntry({ last, digest }: AuditHead, deed: AuditDeed, at: number): AuditEntry {
  const entry = { n: last + 1, at: new Date(at).toISOString(), ...deed, before: digest };
  return { ...entry, digest: digestOf(entry) };
}

/** Why an entry can't stand behind the one before; undefined where it does. Before the first of some there is none. */
export function chainFault(entry: AuditEntry, before: AuditEntry | undefined): string | undefined {
  if (digestOf(entry) !== entry.digest) return `entry ${entry.n} was changed: its digest is not that of what it says`;
  if (before === undefined) return undefined;
  if (entry.n !== before.n + 1) return `entry ${entry.n} comes behind entry ${before.n}: those between are missing`;
  if (entry.before === before.digest) return undefined;
  return `entry ${entry.n} does not follow entry ${before.n}: one of them was put in the place of another`;
}
