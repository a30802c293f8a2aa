/** Named tokens: `/api/v1/tokens`. Only who may do everything everywhere makes, sees or revokes them. */
import type { Clock, HttpResponse, Random } from '../../../platform/ports.ts';
import type { TokenOrder, TokenStatus } from '../../../schemas/generated/types.ts';
import { isTokenOrder } from '../../../schemas/generated/validators/token-order.js';
import type { Caller } from '../../access/caller.ts';
import { endOf, type KeptToken, secretOf, type TokenWish } from '../../access/token.ts';
import type { TokenRefusal, Tokens } from '../../access/tokens.ts';
import { errorAnswer, jsonAnswer } from './json-answer.ts';

export interface TokenParts {
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly random: Pick<Random, 'bytes'>;
}

const refusalStatus: Readonly<Record<TokenRefusal['code'], number>> = {
  TOKEN_EXISTS: 409,
  TOKEN_BUSY: 409,
  TOKENS_FULL: 409,
  TOKEN_NAME: 409,
  TOKEN_UNKNOWN: 404,
};

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** A token as it is shown: all of it but its digest. */
function statusOf(token: KeptToken, now: number): TokenStatus {
  const { sha256: _sha256, madeAt, expiresAt, revoked, fleets, sites, ...rest } = token;
  return {
    ...rest,
    ...(fleets && { fleets: [...fleets] }),
    ...(sites && { sites: [...sites] }),
    state: endOf(token, now) ?? 'counts',
    madeAt: isoTime(madeAt),
    ...(expiresAt === undefined ? {} : { expiresAt: isoTime(expiresAt) }),
    ...(revoked && { revokedAt: isoTime(revoked.at), revokedBy: revoked.by }),
  };
}

function wishOf({ lifetimeSeconds, ...wish }: TokenOrder): TokenWish {
  return { ...wish, ...(lifetimeSeconds === undefined ? {} : { lifetimeMs: lifetimeSeconds * 1000 }) };
}

/** Makes one; `order` is as it came. */
export async function makeTokenAnswer(
  { tokens, clock, random }: TokenParts,
  order: unknown,
  caller: Caller,
): Promise<HttpResponse> {
  if (!isTokenOrder(order)) {
    const { instancePath = '', message = 'no JSON' } = isTokenOrder.errors?.[0] ?? {};
    return errorAnswer(400, 'BAD_REQUEST', `${instancePath === '' ? 'the body' : instancePath.slice(1)} ${message}`);
  }
  const secret = secretOf(random.bytes(32));
  const made = await tokens.make(wishOf(order), caller.name, secret);
  if ('kind' in made) return errorAnswer(refusalStatus[made.code], made.code, made.message);
  return jsonAnswer(201, { token: statusOf(made, clock.now()), secret });
}

/** Revokes one. */
export async function revokeTokenAnswer(
  { tokens, clock }: TokenParts,
  name: string,
  caller: Caller,
): Promise<HttpResponse> {
  const revoked = await tokens.revoke(name, caller.name);
  if ('kind' in revoked) return errorAnswer(refusalStatus[revoked.code], revoked.code, revoked.message);
  return jsonAnswer(200, statusOf(revoked, clock.now()));
}

/** All of them. */
export function tokensAnswer({ tokens, clock }: TokenParts): HttpResponse {
  const now = clock.now();
  return jsonAnswer(200, { tokens: tokens.list().map((token) => statusOf(token, now)) });
}
