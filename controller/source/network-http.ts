/** isomorphic-git's HTTP client over the Network port, for one repository: redirects as git follows them, and a token for one host. */
import type { GitHttpRequest, GitHttpResponse, HttpClient } from 'isomorphic-git';
import type { HttpResponse, Network } from '../../platform/ports.ts';
import { SourceError } from './source-error.ts';

/** Redirects of one request. */
const redirectsMax = 8;

const redirectStatuses = new Set([301, 302, 303, 307, 308]);

const listing = '/info/refs?service=git-upload-pack';

async function collect(body: AsyncIterable<Uint8Array> | undefined): Promise<Uint8Array | undefined> {
  if (body === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A token may follow to the same host and port, or from http to https of the same host; nowhere else. */
function mayHaveToken(from: URL, to: URL): boolean {
  return from.origin === to.origin || (to.protocol === 'https:' && from.protocol === 'http:' && from.host === to.host);
}

/**
 * The first request, which lists branches, is followed where it is sent; every later one goes straight to where that ended,
 * as the git program does it. A later one that is sent on is refused: it carries what is known of this repository.
 */
export class NetworkHttp implements HttpClient {
  readonly #network: Network;
  readonly #url: string;
  readonly #authorization: string | undefined;
  readonly #signal: AbortSignal;
  #arrivedAt: string;

  constructor(network: Network, url: string, authorization: string | undefined, signal: AbortSignal) {
    this.#network = network;
    this.#url = url;
    this.#authorization = authorization;
    this.#signal = signal;
    this.#arrivedAt = url;
  }

  /** Where the repository is, after redirects. */
  get arrivedAt(): string {
    return this.#arrivedAt;
  }

  /** The header for where the redirects ended; undefined without a token, and on another host. */
  get authorization(): string | undefined {
    return mayHaveToken(new URL(this.#url), new URL(this.#arrivedAt)) ? this.#authorization : undefined;
  }

  #next(from: string, { status, headers }: HttpResponse): string {
    const to = URL.parse(headers.location ?? '', from);
    const refuse = (why: string): SourceError =>
      new SourceError(
        'BAD_ANSWER',
        `${this.#url} sends on (HTTP ${status}) to ${to === null ? 'nowhere' : `${to.protocol}//${to.host}`}: ${why}`,
      );
    if (to === null || !/^https?:$/.test(to.protocol)) throw refuse('only http and https are followed');
    if (from.startsWith('https:') && to.protocol !== 'https:') throw refuse('https is not left for http');
    to.username = '';
    to.password = '';
    return to.href;
  }

  async #exchange(url: string, request: GitHttpRequest): Promise<HttpResponse> {
    const isTrusted = mayHaveToken(new URL(this.#url), new URL(url));
    const body = await collect(request.body);
    const answer = await this.#network.request(
      {
        method: request.method === 'POST' ? 'POST' : 'GET',
        url,
        headers: {
          ...request.headers,
          ...(isTrusted && this.#authorization !== undefined ? { authorization: this.#authorization } : {}),
        },
        ...(body === undefined ? {} : { body }),
      },
      this.#signal,
    );
    if (answer.status === 401 && !isTrusted) {
      const { host } = new URL(url);
      const why = `${host} wants a token, and the one for ${new URL(this.#url).host} is sent to no other host`;
      throw new SourceError('NOT_AUTHORIZED', `${this.#url} sends on to ${url.replace(listing, '')}: ${why}`);
    }
    return answer;
  }

  async request(request: GitHttpRequest): Promise<GitHttpResponse> {
    const { method = 'GET' } = request;
    let url = request.url.replace(this.#url, this.#arrivedAt);
    let answer = await this.#exchange(url, request);
    for (let followed = 0; redirectStatuses.has(answer.status); followed += 1) {
      if (method !== 'GET') throw new SourceError('BAD_ANSWER', `${this.#arrivedAt} sends a fetch on, not its listing`);
      if (followed === redirectsMax)
        throw new SourceError('BAD_ANSWER', `${this.#url} sends on more than ${redirectsMax} times`);
      url = this.#next(url, answer);
      answer = await this.#exchange(url, request);
    }
    if (answer.status === 200 && url.endsWith(listing)) this.#arrivedAt = url.slice(0, -listing.length);
    return {
      url,
      method,
      statusCode: answer.status,
      statusMessage: '',
      headers: { ...answer.headers },
      body: answer.body[Symbol.asyncIterator]() as AsyncIterableIterator<Uint8Array>,
    };
  }
}
