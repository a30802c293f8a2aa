/** A named token: a secret that was shown once, of which its digest is kept, and what whoever has it may do. Times in milliseconds. */
import { createHash } from 'node:crypto';
import type { Caller, Scope } from './caller.ts';

/** As it is kept. */
export interface KeptToken {
  readonly name: string;
  /** Of the secret. It has 32 random bytes, so that nobody finds it by its digest. */
  readonly sha256: string;
  readonly scope: Scope;
  /** Absent: of all. */
  readonly fleets?: readonly string[];
  readonly sites?: readonly string[];
  readonly madeBy: string;
  readonly madeAt: number;
  /** Absent: it lasts until it is revoked. */
  readonly expiresAt?: number;
  readonly revoked?: { readonly at: number; readonly by: string };
  /** The day, in UTC, `2026-12-01`: more would be a write for each request. */
  readonly usedOn?: string;
}

/** What a token is asked for with. */
export interface TokenWish extends Pick<KeptToken, 'name' | 'scope' | 'fleets' | 'sites'> {
  readonly lifetimeMs?: number;
}

const secretPattern = /^fleet_[A-Za-z0-9_-]{43}$/;

/** What somebody shows who has a token; `random` is 32 bytes. */
export function secretOf(random: Uint8Array): string {
  return `fleet_${Buffer.from(random).toString('base64url')}`;
}

/** What is kept of a secret; undefined where it can't be that of a token. */
export function digestOf(secret: string): string | undefined {
  return secretPattern.test(secret) ? createHash('sha256').update(secret).digest('hex') : undefined;
}

/** As a day of UTC. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Why it lets nobody in any more; undefined while it does. */
export function endOf({ expiresAt, revoked }: KeptToken, now: number): 'revoked' | 'expired' | undefined {
  if (revoked !== undefined) return 'revoked';
  return expiresAt !== undefined && now >= expiresAt ? 'expired' : undefined;
}

/** Who shows it. */
export function callerOf({ name, scope, fleets, sites }: KeptToken): Caller {
  return { name, kind: 'token', scope, ...(fleets && { fleets }), ...(sites && { sites }) };
}
