/** Follows the changes for as long as somebody is signed in: a connection that is lost says so, and comes back by itself. */
import { signal } from '@preact/signals';
import { AskFault, open, token } from './api.ts';
import { now, sleep } from './browser.ts';
import { eventReader, type StreamEvent } from './event-stream.ts';

export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  | { readonly state: 'lost'; readonly since: number; readonly nextAt: number; readonly why: string };

/** How the page is connected to the controller. */
export const connection = signal<Connection>({ state: 'connecting' });

/** The controller gives a sign of life every 15 seconds. */
const silenceMsMax = 40_000;
const retryMsMin = 1_000;
const retryMsMax = 20_000;

/** What is told of changes: devices by name; `all` where it can't be said which. */
export interface Heard {
  readonly onDevice: (name: string) => void;
  readonly onOther: () => void;
  readonly onAll: () => void;
}

function tell(heard: Heard, { event, data }: StreamEvent): void {
  if (event === 'reset') return heard.onAll();
  const { device } = JSON.parse(data) as { readonly device?: string };
  if (device === undefined) heard.onOther();
  else heard.onDevice(device);
}

async function part(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | undefined> {
  const waiting = new AbortController();
  const silent = sleep(silenceMsMax, waiting.signal).then(() => ({ done: true, value: undefined }));
  const { done, value } = await Promise.race([reader.read(), silent]).finally(() => waiting.abort());
  return done ? undefined : value;
}

/** Where a stream that was cut off goes on. */
interface Place {
  lastId: string | undefined;
}

/** Until it is cut off. */
async function followOnce(heard: Heard, place: Place, signal: AbortSignal): Promise<void> {
  const headers = place.lastId === undefined ? {} : { 'last-event-id': place.lastId };
  const answer = await open('changes', { headers, signal });
  connection.value = { state: 'live' };
  if (place.lastId === undefined) heard.onAll();
  const reader = answer.body!.getReader();
  const read = eventReader();
  const decoder = new TextDecoder();
  for (let bytes = await part(reader); bytes !== undefined; bytes = await part(reader))
    for (const event of read(decoder.decode(bytes, { stream: true }))) {
      place.lastId = event.id ?? place.lastId;
      tell(heard, event);
    }
  throw new AskFault(0, 'CUT_OFF', 'the connection to the controller was cut off');
}

/** Ends when nobody is signed in any more. */
export async function followChanges(heard: Heard): Promise<void> {
  const place: Place = { lastId: undefined };
  const shown = token.peek();
  for (let waitMs = retryMsMin; token.peek() === shown; ) {
    const going = new AbortController();
    const begunAt = now();
    await followOnce(heard, place, going.signal).catch((error: unknown) => {
      const before = connection.peek();
      const since = before.state === 'lost' ? before.since : now();
      // One that held for a while was a good one.
      waitMs = now() - begunAt > retryMsMax ? retryMsMin : Math.min(waitMs * 2, retryMsMax);
      const why = error instanceof Error ? error.message : String(error);
      connection.value = { state: 'lost', since, nextAt: now() + waitMs, why };
    });
    going.abort();
    if (token.peek() === shown) await sleep(waitMs);
  }
  connection.value = { state: 'connecting' };
}
