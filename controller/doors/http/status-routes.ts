/**
 * What is known of the fleet, over HTTP:
 *
 *   GET /api/v1/status?target=fleet/NAME&selector=a=b&limit=100&after=NAME    one document, with an ETag
 *   GET /api/v1/changes                                                        server-sent events, resumed by Last-Event-ID
 *
 * A change names a device and its state, and no more: who wants to know more asks for that device.
 */
import type { Clock, HttpRequest, HttpResponse } from '../../../platform/ports.ts';
import type { StatusDocument } from '../../../schemas/generated/types.ts';
import { NothingThere, type StatusQuery } from '../../view/selection.ts';
import { BadQuery, parseStatusQuery } from '../../view/status-query.ts';
import type { Change, View } from '../../view/view.ts';
import { errorAnswer, jsonAnswer } from './json-answer.ts';

export interface StatusParts {
  readonly status: (query: StatusQuery) => Promise<StatusDocument>;
  readonly changes: Pick<View, 'changeId' | 'changesSince' | 'listen'>;
  readonly clock: Clock;
}

/** Changes that wait for a reader that is too slow for them; it is cut off, and comes back. */
const waitingMax = 10_000;

/** A feed without news says that it is there, before anything between cuts it off. */
const silenceMsMax = 15_000;

function queryOf({ url }: HttpRequest): URLSearchParams {
  const cut = url.indexOf('?');
  return new URLSearchParams(cut === -1 ? '' : url.slice(cut + 1));
}

/** Answers `GET /api/v1/status`. */
export async function statusAnswer({ status, changes }: StatusParts, request: HttpRequest): Promise<HttpResponse> {
  try {
    const query = parseStatusQuery(queryOf(request));
    const document = await status(query);
    // Of the view and the broker alone: the time of the answer is no news.
    const etag = `"${changes.changeId}-${document.broker?.since ?? ''}"`;
    if (request.headers['if-none-match'] === etag) return { status: 304, headers: { etag }, body: nothing() };
    return jsonAnswer(200, document, { etag });
  } catch (error) {
    if (error instanceof BadQuery) return errorAnswer(400, 'BAD_QUERY', error.message);
    if (error instanceof NothingThere) return errorAnswer(404, 'NOTHING_THERE', error.message);
    throw error;
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function eventText({ id, ...change }: Change): string {
  return `id: ${id}\ndata: ${JSON.stringify(change)}\n\n`;
}

/** What a reader has missed cannot be told one by one: it has to ask for everything anew. */
function resetText(id: number): string {
  return `id: ${id}\nevent: reset\ndata: {}\n\n`;
}

async function* changeFeed(
  { changes, clock }: StatusParts,
  lastId: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const waiting: Change[] = [];
  let wake = (): void => {};
  using _listening = changes.listen((change) => {
    if (waiting.length <= waitingMax) waiting.push(change);
    wake();
  });
  signal.addEventListener('abort', () => wake(), { once: true });
  const missed = lastId === undefined ? [] : changes.changesSince(lastId);
  yield encoder.encode(
    missed === undefined ? resetText(changes.changeId) : `: hello\n\n${missed.map(eventText).join('')}`,
  );
  while (!signal.aborted && waiting.length <= waitingMax) {
    if (waiting.length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      using _timer = clock.after(silenceMsMax, resolve);
      await promise;
    }
    yield encoder.encode(waiting.length === 0 ? ': still here\n\n' : waiting.splice(0).map(eventText).join(''));
  }
}

/** Answers `GET /api/v1/changes`; the answer goes on until the reader leaves. */
export function changesAnswer(parts: StatusParts, request: HttpRequest, signal: AbortSignal): HttpResponse {
  const last = Number(request.headers['last-event-id']);
  const lastId =
    Number.isSafeInteger(last) && last >= 0 && request.headers['last-event-id'] !== undefined ? last : undefined;
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
    body: changeFeed(parts, lastId, signal),
  };
}
