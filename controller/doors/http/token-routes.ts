/** Named tokens: `/api/v1/tokens`. Only who may do everything everywhere makes, sees or revokes them. */
import type { HttpResponse, Random } from '../../../platform/ports.ts';
import type { TokenOrder, TokenStatus } from '../../../schemas/generated/types.ts';
import { isTokenOrder } from '../../../schemas/generated/validators/token-order.js';
import { endOf, type KeptToken, secretOf, type TokenWish } from '../../access/token.ts';
import type { TokenRefusal, Tokens } from '../../access/tokens.ts';
import { errorAnswer, jsonAnswer } from './json-answer.ts';
import { parseJson } from './json-body.ts';
import type { AskedByCaller, CallerRoute } from './route.ts';

export interface TokenParts {
  readonly tokens: Tokens;
  readonly clock: { now(): number };
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

async function makeAnswer(
  { tokens, clock, random }: TokenParts,
  { request, caller }: AskedByCaller,
): Promise<HttpResponse> {
  const order = parseJson(request.body);
  if (!isTokenOrder(order)) {
    const { instancePath = '', message = 'no JSON' } = isTokenOrder.errors?.[0] ?? {};
    return errorAnswer(400, 'BAD_REQUEST', `${instancePath === '' ? 'the body' : instancePath.slice(1)} ${message}`);
  }
  const secret = secretOf(random.bytes(32));
  const made = await tokens.make(wishOf(order), caller.name, secret);
  if ('kind' in made) return errorAnswer(refusalStatus[made.code], made.code, made.message);
  return jsonAnswer(201, { token: statusOf(made, clock.now()), secret });
}

async function revokeAnswer({ tokens, clock }: TokenParts, { params, caller }: AskedByCaller): Promise<HttpResponse> {
  const revoked = await tokens.revoke(params.name!, caller.name);
  if ('kind' in revoked) return errorAnswer(refusalStatus[revoked.code], revoked.code, revoked.message);
  return jsonAnswer(200, statusOf(revoked, clock.now()));
}

/** All of them. */
export function tokenRoutes(parts: TokenParts): CallerRoute[] {
  const at = (
    method: CallerRoute['method'],
    path: string,
    operation: string,
    answer: CallerRoute['answer'],
  ): CallerRoute => ({
    ...{ method, path, for: 'admin', operation, answer },
  });
  const { tokens, clock } = parts;
  return [
    at('GET', '/api/v1/tokens', 'listTokens', () =>
      jsonAnswer(200, { tokens: tokens.list().map((token) => statusOf(token, clock.now())) }),
    ),
    at('POST', '/api/v1/tokens', 'makeToken', (asked) => makeAnswer(parts, asked)),
    at('POST', '/api/v1/tokens/{name}/revoke', 'revokeToken', (asked) => revokeAnswer(parts, asked)),
  ];
}
