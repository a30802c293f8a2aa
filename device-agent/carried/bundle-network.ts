import type { HttpRequest, HttpResponse, Network } from '../../platform/ports.ts';
import type { PlacedFile } from '../../schemas/bundle-file.ts';
import type { Bundle } from './open-bundle.ts';

/** Where everything lies that is in a bundle. */
export const bundleServer = 'bundle:';

function fileOf({ files }: Bundle, { method, url }: HttpRequest): PlacedFile | undefined {
  if (method !== 'GET') return undefined;
  return files.get(decodeURIComponent(url.slice(`${bundleServer}/`.length)));
}

/** Bytes of a file from here on, to there. */
function rangeOf({ length }: PlacedFile, { headers }: HttpRequest): readonly [from: number, end: number] | undefined {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(headers.range ?? '') ?? [];
  if (first === undefined) return undefined;
  return [Number(first), last ? Math.min(Number(last) + 1, length) : length];
}

async function* bodyOf(pieces: Iterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    signal.throwIfAborted();
    yield piece;
  }
}

/** A server of what is in a bundle, and of nothing else. */
export function bundleNetwork(bundle: Bundle): Network {
  return {
    request: async (request, signal): Promise<HttpResponse> => {
      const file = fileOf(bundle, request);
      if (file === undefined) return { status: 404, headers: {}, body: bodyOf([], signal) };
      const range = rangeOf(file, request);
      const [from, end] = range ?? [0, file.length];
      if (from >= file.length && range !== undefined) return { status: 416, headers: {}, body: bodyOf([], signal) };
      const headers = {
        'content-length': String(end - from),
        ...(range === undefined ? {} : { 'content-range': `bytes ${from}-${end - 1}/${file.length}` }),
      };
      const body = bodyOf(bundle.pieces(file, from, end), signal);
      return { status: range === undefined ? 200 : 206, headers, body };
    },
  };
}
