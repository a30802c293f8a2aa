/** Secrets that arrive in headers, compared in a time that tells nothing of them. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { installation, type WhoAsks } from '../../access/caller.ts';

/** Compares two texts of any length through their digests. */
function sameSecret(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

/** Whether an Authorization header carries this bearer token. */
function bearsToken(authorization: string | undefined, token: string): boolean {
  const match = /^Bearer +(\S+)$/i.exec(authorization ?? '');
  return match !== null && sameSecret(match[1]!, token);
}

/** Whether an X-Hub-Signature-256 header signs this body with this secret. */
export function signsBody(signature: string | undefined, body: Uint8Array, secret: string): boolean {
  const expected = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  return signature !== undefined && sameSecret(signature, expected);
}

/** Knows nobody but whoever has the controller's own token. */
export function byInstallationToken(token: string): WhoAsks {
  return ({ headers }) => (bearsToken(headers.authorization, token) ? installation : undefined);
}
