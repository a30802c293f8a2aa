/** An HTTP client for isomorphic-git that gives up on servers that say nothing, say too much, or go on after an abort. */
import type { GitHttpRequest, GitHttpResponse, HttpClient } from 'isomorphic-git';
import type { Clock } from '../../platform/ports.ts';
import { SourceError } from './source-error.ts';

export interface HttpBounds {
  /** Longest silence, milliseconds. */
  readonly silenceMsMax: number;
  /** Of one answer, bytes. */
  readonly bytesMax: number;
}

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
  const iterator = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { value, done } = await withPatience(iterator.next(), clock, bounds, signal);
      if (value !== undefined) {
        bytes += value.byteLength;
        if (bytes > bounds.bytesMax)
          throw new SourceError('TOO_LARGE', `the server sent more than ${bounds.bytesMax} bytes`);
        yield value;
      }
      if (done === true) return;
    }
  } finally {
    void iterator.return?.();
  }
}

/** Wraps `http`; everything it starts ends with `signal`. */
export function boundedHttp(http: HttpClient, clock: Clock, bounds: HttpBounds, signal: AbortSignal): HttpClient {
  return {
    async request(request: GitHttpRequest): Promise<GitHttpResponse> {
      const response = await withPatience(http.request({ ...request, signal }), clock, bounds, signal);
      if (response.body === undefined) return response;
      return { ...response, body: boundedBody(response.body, clock, bounds, signal) };
    },
  };
}
