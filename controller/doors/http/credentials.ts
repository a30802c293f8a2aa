/** Secrets that arrive in headers, compared in a time that tells nothing of them. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { installation, type WhoAsks } from '../../access/caller.ts';
import type { Tokens } from '../../access/tokens.ts';

/** Compares two texts of any length through their digests. */
function sameSecret(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

/** The bearer token of an Authorization header. */
function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}

/** Whether an X-Hub-Signature-256 header signs this body with this secret. */
export function signsBody(signature: string | undefined, body: Uint8Array, secret: string): boolean {
  const expected = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  return signature !== undefined && sameSecret(signature, expected);
}

/** Knows nobody but whoever has the controller's own token. */
export function byInstallationToken(token: string): WhoAsks {
  return ({ headers }) => {
    const shown = bearerOf(headers.authorization);
    return shown !== undefined && sameSecret(shown, token) ? installation : undefined;
  };
}

/** Knows who has the controller's own token, and whoever has a named one. */
export function byTokens(installed: WhoAsks, tokens: Pick<Tokens, 'whoShows'>): WhoAsks {
  return (asked) => {
    const shown = bearerOf(asked.headers.authorization);
    return installed(asked) ?? (shown === undefined ? undefined : tokens.whoShows(shown));
  };
}
