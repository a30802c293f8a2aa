/** An HTTP client for isomorphic-git that gives up on servers that say nothing, say too much, or go on after an abort. */
import type { GitHttpRequest, GitHttpResponse, HttpClient } from 'isomorphic-git';
import type { Clock } from '../../platform/ports.ts';
import { SourceError } from './source-error.ts';

export interface HttpBounds {
  /** Longest silence, milliseconds. */
  readonly silenceMsMax: number;
  /** Of one answer, bytes. */
  readonly bytesMax: number;
  /** The answer must end with a flush packet: a list that is cut off must not pass for a shorter one. */
  readonly endsWithFlush: boolean;
}

const flush = '0000';
/** What a smart git server says its answers are; anything else is a log-in page, a proxy, or a plain file server. */
const contentType = /^application\/x-git-upload-pack-(advertisement|result)\b/;

/** Resolves with what `work` resolves with, or rejects when the signal aborts or nothing came for too long. */
async function withPatience<T>(work: Promise<T>, clock: Clock, bounds: HttpBounds, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const seconds = Math.round(bounds.silenceMsMax / 1000);
  using _timer = clock.after(bounds.silenceMsMax, () => {
    reject(new SourceError('UNREACHABLE', `the server said nothing for ${seconds} s`));
  });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    // Whatever comes after the race is nobody's concern.
    work.catch(() => {});
  }
}

async function* boundedBody(
  body: AsyncIterableIterator<Uint8Array>,
  clock: Clock,
  bounds: HttpBounds,
  signal: AbortSignal,
): AsyncIterableIterator<Uint8Array> {
  let bytes = 0;
  let tail = '';
  const iterator = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { value, done } = await withPatience(iterator.next(), clock, bounds, signal);
      if (value !== undefined) {
        bytes += value.byteLength;
        if (bytes > bounds.bytesMax)
          throw new SourceError('TOO_LARGE', `the server sent more than ${bounds.bytesMax} bytes`);
        tail = (tail + Buffer.from(value.subarray(-flush.length)).toString('latin1')).slice(-flush.length);
        yield value;
      }
      if (done !== true) continue;
      if (bounds.endsWithFlush && tail !== flush)
        throw new SourceError('BAD_ANSWER', 'the answer of the server was cut off');
      return;
    }
  } finally {
    void iterator.return?.();
  }
}

/**
 * Wraps `http`; everything it starts ends with `signal`. isomorphic-git takes an answer that breaks off for one that is
 * complete, so whoever uses the client must call `throwIfBroken` before believing what it was told.
 */
export class BoundedHttp implements HttpClient {
  readonly #http: HttpClient;
  readonly #clock: Clock;
  readonly #bounds: HttpBounds;
  readonly #signal: AbortSignal;
  #broken: { readonly reason: unknown } | undefined;

  constructor(http: HttpClient, clock: Clock, bounds: HttpBounds, signal: AbortSignal) {
    this.#http = http;
    this.#clock = clock;
    this.#bounds = bounds;
    this.#signal = signal;
  }

  throwIfBroken(): void {
    if (this.#broken !== undefined) throw this.#broken.reason;
  }

  async request(request: GitHttpRequest): Promise<GitHttpResponse> {
    const started = this.#http.request({ ...request, signal: this.#signal });
    const response = await withPatience(started, this.#clock, this.#bounds, this.#signal);
    if (response.body === undefined) return response;
    const type = response.headers?.['content-type'] ?? '';
    if (response.statusCode === 200 && !contentType.test(type)) {
      throw new SourceError(
        'BAD_ANSWER',
        `${request.url.split('?', 1)[0]} does not answer as a git server (content type "${type}")`,
      );
    }
    return { ...response, body: this.#watched(response.body) };
  }

  async *#watched(body: AsyncIterableIterator<Uint8Array>): AsyncIterableIterator<Uint8Array> {
    try {
      yield* boundedBody(body, this.#clock, this.#bounds, this.#signal);
    } catch (error) {
      this.#broken = { reason: error };
      throw error;
    }
  }
}
