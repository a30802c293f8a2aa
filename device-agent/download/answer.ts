/** What an answer says before its body is heard: whether it is what was asked for, and when to ask again if it is not. */
import type { HttpResponse } from '../../platform/ports.ts';
import { DownloadError } from './download-error.ts';
import type { CountBytes } from './small-file.ts';

/** Sent with every request: a cache may pack what nobody asks for unpacked (RFC 9110, 12.5.3), and neither digests nor ranges fit that. */
export const unpacked = { 'accept-encoding': 'identity' } as const;

/** So much of a body that nobody wants is heard, for then its connection serves again; a longer one costs the connection. */
const uselessBytesMax = 16 * 1024;

/** Lets go of a body that is of no use. */
export async function passOver({ body }: HttpResponse, countBytes: CountBytes): Promise<void> {
  let bytes = 0;
  for await (const chunk of body) {
    countBytes(chunk.length);
    bytes += chunk.length;
    if (bytes > uselessBytesMax) return;
  }
}

/** A body that is kept whole; more than `bytesMax` of it is refused as soon as it is there. */
export async function heardWhole(
  { body }: HttpResponse,
  bytesMax: number,
  countBytes: CountBytes,
  tooLong: () => DownloadError,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    countBytes(chunk.length);
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What `Retry-After` asks for, be it as seconds or as a date of the server's own clock; undefined when it says neither. */
function retryAfterMs({ headers }: HttpResponse): number | undefined {
  const text = headers['retry-after'];
  if (text === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.parse(headers.date ?? '');
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

const unauthorized = 401;
const requestTimeout = 408;
const tooEarly = 425;
const tooManyRequests = 429;
const serverError = 500;

/** Statuses that tell of the moment, not of what was asked for. */
function isMomentary(status: number): boolean {
  return [requestTimeout, tooEarly, tooManyRequests].includes(status) || status >= serverError;
}

const authenticationRequired = 511;

/**
 * That who is in between answers in the server's place: neither controllers nor stores send a page where a file was asked for, send
 * somewhere else, or know of networks that want a password (RFC 6585, 6; RFC 8952, 2). Undefined when nothing says so.
 */
function portalAnswer(url: string, { status, headers }: HttpResponse): DownloadError | undefined {
  const isPage = status === 200 && /^text\/html\b/i.test(headers['content-type'] ?? '');
  const isElsewhere = status >= 300 && status < 400 && headers.location !== undefined;
  if (!isPage && !isElsewhere && status !== authenticationRequired) return undefined;
  const how = isPage ? 'with a page' : isElsewhere ? `${status} and sends to ${hostOf(headers.location)}` : `${status}`;
  return new DownloadError('PORTAL', `${url} answered ${how}: a portal on the link answers in the server's place`);
}

/** What of an address is told: the rest of a portal's is long and may name who asks. */
function hostOf(location = ''): string {
  return URL.canParse(location) ? new URL(location).host.slice(0, 100) : 'another path';
}

/** Why an answer is not the file that was asked for; undefined when it may be. Its body is not heard yet. */
export function unfit(url: string, response: HttpResponse): DownloadError | undefined {
  const portal = portalAnswer(url, response);
  if (portal !== undefined) return portal;
  return response.status === 200 || response.status === 206 ? packedAnswer(url, response) : refusal(url, response);
}

/** What a status that brings nothing means. */
export function refusal(url: string, response: HttpResponse): DownloadError {
  const { status } = response;
  const message = `${url} answered ${status}`;
  if (status === unauthorized) return new DownloadError('CERTIFICATE_REFUSED', message);
  if (status === 404 || status === 410) return new DownloadError('ARTIFACT_MISSING', message);
  if (isMomentary(status)) return new DownloadError('SERVER_BUSY', message, retryAfterMs(response));
  return new DownloadError('SERVER_REFUSED', message);
}

/** That an answer is packed all the same; undefined when it is not. */
function packedAnswer(url: string, { headers }: HttpResponse): DownloadError | undefined {
  const coding = headers['content-encoding'];
  if (coding === undefined || coding.toLowerCase() === 'identity') return undefined;
  return new DownloadError('SERVER_REFUSED', `${url} came packed (${coding}), though it was asked for unpacked`);
}
