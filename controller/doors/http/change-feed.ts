/**
 * The feed of changes as server-sent events, resumed by `Last-Event-ID`. Who can't be told all that was missed is told to ask for
 * everything anew; who reads too slowly is cut off, and comes back.
 */
import type { Clock, HttpRequest, HttpResponse } from '../../../platform/ports.ts';
import { type Caller, isTheirs, isUnlimited } from '../../access/caller.ts';
import type { Change, View } from '../../view/view.ts';
import { errorAnswer } from './json-answer.ts';

export interface FeedParts {
  readonly changes: Pick<View, 'changeId' | 'changesSince' | 'listen' | 'row'>;
  readonly clock: Clock;
}

/** Changes that wait for a reader that is too slow for them. */
const waitingMax = 10_000;

/** Readers at the same time: all of them are told in the turn in which something changed. */
export const readersMax = 100;

/** A feed without news says that it is there, before anything between cuts it off. */
const silenceMsMax = 15_000;

/** Written once, however many read. */
const eventTexts = new WeakMap<Change, string>();

function eventText(change: Change): string {
  const known = eventTexts.get(change);
  if (known !== undefined) return known;
  const { id, ...data } = change;
  const text = `id: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
  eventTexts.set(change, text);
  return text;
}

/** What a reader has missed cannot be told one by one: it has to ask for everything anew. */
function resetText(id: number): string {
  return `id: ${id}\nevent: reset\ndata: {}\n\n`;
}

async function* feed(
  { changes, clock }: FeedParts,
  lastId: number | undefined,
  isTheirs: (change: Change) => boolean,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const waiting: Change[] = [];
  let wake = (): void => {};
  using _listening = changes.listen((change) => {
    if (!isTheirs(change)) return;
    if (waiting.length <= waitingMax) waiting.push(change);
    wake();
  });
  signal.addEventListener('abort', () => wake(), { once: true });
  const missed = lastId === undefined ? [] : changes.changesSince(lastId);
  yield encoder.encode(
    missed === undefined
      ? resetText(changes.changeId)
      : `: hello\n\n${missed.filter(isTheirs).map(eventText).join('')}`,
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

function lastIdOf({ headers }: HttpRequest): number | undefined {
  const text = headers['last-event-id'];
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}

/** What is about no device is everybody's: it says that something is otherwise, and not what. */
function theirsOf({ changes }: FeedParts, caller: Caller): (change: Change) => boolean {
  if (isUnlimited(caller)) return () => true;
  return ({ device }) => device === undefined || isTheirs(caller, changes.row(device) ?? {});
}

/** Answers `GET /api/v1/changes`; an answer goes on until its reader leaves. */
export function changeFeeds(
  parts: FeedParts,
): (request: HttpRequest, caller: Caller, signal: AbortSignal) => HttpResponse {
  let readers = 0;
  return (request, caller, signal) => {
    if (readers >= readersMax) {
      const message = `${readersMax} readers follow the changes already; ask for the status instead, or come later`;
      return errorAnswer(503, 'TOO_MANY_READERS', message, { 'retry-after': '15' });
    }
    if (!signal.aborted) {
      readers += 1;
      signal.addEventListener('abort', () => (readers -= 1), { once: true });
    }
    return {
      status: 200,
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
      body: feed(parts, lastIdOf(request), theirsOf(parts, caller), signal),
    };
  };
}
