/** The way to the bucket as the S3 library wants it, over our own network: every exchange and every answer is bounded. */
import {
  type Clock,
  type HttpRequest,
  type HttpResponse,
  type Network,
  NetworkError,
} from '../../../platform/ports.ts';

/** An exchange may take this long, and longer by what it carries at the slowest speed that counts as working. */
const exchangeMs = 30_000;
const slowestBytesPerMs = 64;

/** Of an answer that is no object: a list of a thousand names, or the words of a refusal. */
const wordsBytesMax = 4 * 1024 * 1024;

type Init = NonNullable<Parameters<typeof fetch>[1]>;

function requestOf(url: string, { method = 'GET', headers, body }: Init): HttpRequest {
  const bytes = body instanceof Uint8Array ? body : undefined;
  return {
    url,
    method: method as HttpRequest['method'],
    headers: headers as Readonly<Record<string, string>>,
    ...(bytes === undefined || bytes.length === 0 ? {} : { body: bytes }),
  };
}

/** The pieces of a body, up to `bytesMax`. */
export async function gather(body: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body) {
    length += piece.length;
    if (length > bytesMax) return undefined;
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces, length));
}

function timeFor(bytes: number): number {
  return exchangeMs + Math.ceil(bytes / slowestBytesPerMs);
}

async function* inTime(body: AsyncIterable<Uint8Array>, end: () => void, late: () => Error | undefined) {
  try {
    yield* body;
  } catch (error) {
    throw late() ?? error;
  } finally {
    end();
  }
}

/** An object goes on streaming; all else is small, and taken at once, so that its connection is free for the next. */
async function responseOf({ status, headers, body }: HttpResponse, isObject: boolean): Promise<Response> {
  if (isObject) return new Response(ReadableStream.from(body), { status, headers });
  const words = await gather(body, wordsBytesMax);
  if (words === undefined) throw new NetworkError('CUT', `answered with more than ${wordsBytesMax} bytes`);
  return new Response(words.length === 0 ? null : words, { status, headers });
}

/** A `fetch` for one bucket. */
export function bucketFetch(network: Network, clock: Clock): typeof fetch {
  return async (input, init = {}) => {
    const url = String(input);
    const request = requestOf(url, init);
    const late = new AbortController();
    const limit = (bytes: number): Disposable => {
      const ms = timeFor(bytes);
      const error = new NetworkError('TIMEOUT', `it took more than ${Math.ceil(ms / 1000)} s`);
      return clock.after(ms, () => late.abort(error));
    };
    const lateness = (): Error | undefined => (late.signal.aborted ? (late.signal.reason as Error) : undefined);
    let timer = limit(request.body?.length ?? 0);
    const end = (): void => timer[Symbol.dispose]();
    try {
      const answer = await network.request(request, late.signal);
      end();
      timer = limit(Number(answer.headers['content-length'] ?? 0));
      const isObject = request.method === 'GET' && answer.status < 300 && !url.includes('list-type=');
      return await responseOf({ ...answer, body: inTime(answer.body, end, lateness) }, isObject);
    } catch (error) {
      end();
      throw lateness() ?? error;
    }
  };
}
