/** What is shown to a registry: a password as it is, or a token that another server gives for it. */
import type { HttpRequest } from '../../../../platform/ports.ts';
import { isObject } from '../../../../schemas/json-object.ts';
import type { Credential } from './docker-credentials.ts';
import { RegistryError } from './registry-error.ts';

/** Where a token is made, and for what. */
export interface TokenPlace {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scope: string;
}

/** What a header may hold. */
const tokenPattern = /^[\x21-\x7e]{1,65536}$/;

/** The header of who has a password. */
export function passwordHeader(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function identityRequest({ realm, service, scope }: TokenPlace, token: string): HttpRequest {
  const form = new URLSearchParams({
    ...{ grant_type: 'refresh_token', client_id: 'fleet', scope, refresh_token: token },
    ...(service === undefined ? {} : { service }),
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return { method: 'POST', url: realm.href, headers, body: new TextEncoder().encode(form.toString()) };
}

/** The request for a token: where somebody is logged in, as them. */
export function tokenRequest(place: TokenPlace, credential: Credential): HttpRequest {
  if (credential.kind === 'identity') return identityRequest(place, credential.token);
  const url = new URL(place.realm);
  if (place.service !== undefined) url.searchParams.set('service', place.service);
  url.searchParams.set('scope', place.scope);
  const headers =
    credential.kind === 'password' ? { authorization: passwordHeader(credential.user, credential.password) } : {};
  return { method: 'GET', url: url.href, headers: { ...headers } };
}

/** The token of an answer. Throws `RegistryError`. */
export function tokenFrom(bytes: Uint8Array, host: string): string {
  let answer: unknown;
  try {
    answer = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    answer = undefined;
  }
  const token = isObject(answer) ? (answer.token ?? answer.access_token) : undefined;
  if (typeof token === 'string' && tokenPattern.test(token)) return token;
  throw new RegistryError('BAD_ANSWER', `${host} answers with no token where one was asked for`);
}
