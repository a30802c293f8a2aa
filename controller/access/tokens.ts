/**
 * The named tokens of a controller: made, found by what somebody shows, revoked. One that has ended stays for a while, so that who
 * shows it is told why it does not count; then its row goes.
 *
 *     made ──► counts ──► expired ──┐
 *                └─────► revoked ───┴──► forgotten after 90 days, or when another is made by its name
 */
import { type Caller, installation, type NotLetIn } from './caller.ts';
import { callerOf, dayOf, digestOf, endOf, type KeptToken, type TokenWish } from './token.ts';

/** Of those that count. */
export const tokensMax = 1000;

const endedKeptMs = 90 * 86_400_000;

/** What has to be written; a row goes without `token`. */
export interface TokenWrite {
  readonly name: string;
  readonly token?: KeptToken;
}

/** What they stand on. */
export interface TokensParts {
  readonly now: () => number;
  /** Resolves when it is durable. */
  readonly keep: (writes: readonly TokenWrite[]) => Promise<void>;
  /** The same, of what is no harm when it is lost. */
  readonly note: (write: TokenWrite) => void;
}

/** Why a token was not made, or not revoked. */
export interface TokenRefusal {
  readonly kind: 'refused';
  readonly code: 'TOKEN_EXISTS' | 'TOKEN_BUSY' | 'TOKENS_FULL' | 'TOKEN_UNKNOWN' | 'TOKEN_NAME';
  readonly message: string;
}

function refusal(code: TokenRefusal['code'], message: string): TokenRefusal {
  return { kind: 'refused', code, message };
}

function endedAt({ revoked, expiresAt = 0 }: KeptToken): number {
  return revoked?.at ?? expiresAt;
}

function notLetIn({ name, revoked, expiresAt = 0 }: KeptToken): NotLetIn {
  const time = (ms: number): string => new Date(ms).toISOString();
  const [code, what] =
    revoked === undefined
      ? ['TOKEN_EXPIRED', `expired ${time(expiresAt)}`]
      : ['TOKEN_REVOKED', `was revoked ${time(revoked.at)} by ${revoked.by}`];
  return { kind: 'not-let-in', status: 401, code, message: `the token ${name} ${what}: ask for another one` };
}

/** All of them, by name and by what is shown. */
export class Tokens {
  readonly #parts: TokensParts;
  readonly #byName = new Map<string, KeptToken>();
  readonly #byDigest = new Map<string, KeptToken>();
  /** Names of those that are being written. */
  readonly #underWay = new Set<string>();

  constructor(kept: Iterable<KeptToken>, parts: TokensParts) {
    this.#parts = parts;
    for (const token of kept) this.#take(token);
  }

  /** By name, those that ended among them. */
  list(): KeptToken[] {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Who shows this; undefined where it is no token of this controller. */
  whoShows(secret: string): Caller | NotLetIn | undefined {
    const digest = digestOf(secret);
    const token = digest === undefined ? undefined : this.#byDigest.get(digest);
    if (token === undefined) return undefined;
    const now = this.#parts.now();
    if (endOf(token, now) !== undefined) return notLetIn(token);
    this.#noteUse(token, dayOf(now));
    return callerOf(token);
  }

  /** Makes one by this secret; durable when it resolves. */
  async make(wish: TokenWish, by: string, secret: string): Promise<KeptToken | TokenRefusal> {
    const now = this.#parts.now();
    const why = this.#whyNot(wish.name, now);
    if (why !== undefined) return why;
    const { lifetimeMs, ...asked } = wish;
    const ends = lifetimeMs === undefined ? {} : { expiresAt: now + lifetimeMs };
    const token: KeptToken = { ...asked, sha256: digestOf(secret)!, madeBy: by, madeAt: now, ...ends };
    const old = this.#longEnded(now).filter(({ name }) => name !== token.name);
    await this.#written(token.name, [...old.map(({ name }) => ({ name })), { name: token.name, token }]);
    for (const { name } of old) this.#forget(name);
    this.#take(token);
    return token;
  }

  /** Revokes one; durable when it resolves. */
  async revoke(name: string, by: string): Promise<KeptToken | TokenRefusal> {
    const before = this.#byName.get(name);
    const now = this.#parts.now();
    if (before === undefined) return refusal('TOKEN_UNKNOWN', `there is no token ${name}`);
    if (this.#underWay.has(name))
      return refusal('TOKEN_BUSY', `the token ${name} is being changed at this moment: ask again`);
    if (before.revoked !== undefined) return before;
    const token = { ...before, revoked: { at: now, by } };
    await this.#written(name, [{ name, token }]);
    this.#take(token);
    return token;
  }

  #whyNot(name: string, now: number): TokenRefusal | undefined {
    if (name === installation.name)
      return refusal('TOKEN_NAME', `${name} is what the controller's own token is called: choose another name`);
    const before = this.#byName.get(name);
    const counts = before !== undefined && endOf(before, now) === undefined;
    if (counts || this.#underWay.has(name))
      return refusal('TOKEN_EXISTS', `there is a token ${name}: choose another name, or revoke that one first`);
    const live = this.list().filter((token) => endOf(token, now) === undefined).length;
    if (live + this.#underWay.size < tokensMax) return undefined;
    return refusal('TOKENS_FULL', `${tokensMax} tokens count already, and no more may: revoke some`);
  }

  async #written(name: string, writes: readonly TokenWrite[]): Promise<void> {
    this.#underWay.add(name);
    try {
      await this.#parts.keep(writes);
    } finally {
      this.#underWay.delete(name);
    }
  }

  #longEnded(now: number): KeptToken[] {
    return this.list().filter((token) => endOf(token, now) !== undefined && now - endedAt(token) > endedKeptMs);
  }

  #noteUse(token: KeptToken, usedOn: string): void {
    if (token.usedOn === usedOn || this.#underWay.has(token.name)) return;
    const used = { ...token, usedOn };
    this.#take(used);
    this.#parts.note({ name: token.name, token: used });
  }

  #take(token: KeptToken): void {
    this.#forget(token.name);
    this.#byName.set(token.name, token);
    this.#byDigest.set(token.sha256, token);
  }

  #forget(name: string): void {
    const token = this.#byName.get(name);
    this.#byName.delete(name);
    if (token !== undefined) this.#byDigest.delete(token.sha256);
  }
}
