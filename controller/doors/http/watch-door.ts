/** The port for programs that watch: `/metrics`, `/healthz` and `/readyz` for whoever reaches it, and nothing else. */
import type { LocalRequest, LocalResponse } from '../../../platform/local-http.ts';
import type { HttpResponse } from '../../../platform/ports.ts';
import { errorAnswer } from './json-answer.ts';
import { metricsAnswer, type ReadMetrics } from './metrics-route.ts';
import { type Readiness, watchAnswer } from './readiness.ts';

/** What there is to see of a controller. */
export interface Watched {
  readonly readMetrics: ReadMetrics;
  readonly readiness: () => Readiness;
}

function answerTo({ method, url }: Pick<LocalRequest, 'method' | 'url'>, watched: Watched): HttpResponse {
  const path = url.split('?', 1)[0]!;
  const answer = path === '/metrics' ? metricsAnswer(watched.readMetrics) : watchAnswer(path, watched.readiness);
  if (answer === undefined)
    return errorAnswer(404, 'NOT_FOUND', 'at this port there are /metrics, /healthz and /readyz');
  return method === 'GET' ? answer : errorAnswer(405, 'METHOD_NOT_ALLOWED', 'this port takes GET', { allow: 'GET' });
}

/** What is answered there. */
export async function watchDoorAnswer(
  request: Pick<LocalRequest, 'method' | 'url'>,
  watched: Watched,
): Promise<LocalResponse> {
  const { status, headers, body } = answerTo(request, watched);
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  // The server says itself how long a body is.
  const kept = Object.entries(headers).filter(([name]) => name !== 'content-length');
  return { status, headers: kept, body: Buffer.concat(pieces) };
}
