/** Who is told: a URL that takes notices as ours, signed, or as Slack's. */
import { type Clock, type HttpRequest, type Network, NetworkError } from '../../platform/ports.ts';
import { webhookHeaders } from '../messages/webhook-signature.ts';
import type { Notice } from './decide-notices.ts';
import { jsonBody, slackBody } from './notice-body.ts';

/** `secret` signs as Standard Webhooks do. */
export type ReceiverTerms =
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: string }
  | { readonly kind: 'slack'; readonly url: string };

const callMsMax = 10_000;
const answerBytesMax = 65_536;

/** Why a receiver did not take a notice. Its URL, which may be a secret, is not in it. */
export class NoticeError extends Error {
  readonly code: 'NOTICE_UNREACHABLE' | 'NOTICE_REFUSED';
  constructor(code: NoticeError['code'], detail: string) {
    super(detail);
    this.name = 'NoticeError';
    this.code = code;
  }
}

function requestOf(terms: ReceiverTerms, notice: Notice, nowMs: number): HttpRequest {
  const id = `notice.${notice.number}.${notice.cause}`;
  const text = terms.kind === 'slack' ? slackBody(notice) : jsonBody(notice, id, nowMs);
  const body = new TextEncoder().encode(text);
  const headers = { 'content-type': 'application/json', 'content-length': String(body.length) };
  const signed = terms.kind === 'slack' ? {} : webhookHeaders(terms.secret, id, nowMs, text);
  return { method: 'POST', url: terms.url, headers: { ...headers, ...signed }, body };
}

/** Sends a notice; rejects with `NoticeError` unless it was taken. Nobody is sent elsewhere by an answer. */
export async function sendNotice(
  { network, clock, terms }: { readonly network: Network; readonly clock: Clock; readonly terms: ReceiverTerms },
  notice: Notice,
): Promise<void> {
  const ending = new AbortController();
  using _timer = clock.after(callMsMax, () => ending.abort());
  let status: number;
  try {
    const response = await network.request(requestOf(terms, notice, clock.now()), ending.signal);
    ({ status } = response);
    let bytes = 0;
    for await (const piece of response.body) {
      bytes += piece.length;
      if (bytes > answerBytesMax) break;
    }
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    const detail = error.code === 'ABORTED' ? `no answer within ${callMsMax / 1000} s` : error.code;
    throw new NoticeError('NOTICE_UNREACHABLE', detail);
  } finally {
    ending.abort();
  }
  if (status < 200 || status > 299) throw new NoticeError('NOTICE_REFUSED', `it answers ${status}`);
}
