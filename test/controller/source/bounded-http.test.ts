import test from 'ava';
import type { GitHttpResponse, HttpClient } from 'isomorphic-git';
import { BoundedHttp } from '../../../controller/source/bounded-http.ts';
import type { Clock } from '../../../platform/ports.ts';

/** A clock whose timers fire when told. */
function heldClock() {
  const timers = new Set<() => void>();
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: () => Promise.resolve(),
    after: (_, callback) => {
      timers.add(callback);
      return { [Symbol.dispose]: () => timers.delete(callback) };
    },
  };
  const fire = () => {
    for (const callback of [...timers]) callback();
  };
  return { clock, timers, fire };
}

const headers = { 'content-type': 'application/x-git-upload-pack-result' };

function server(body: () => AsyncGenerator<Uint8Array, void>): HttpClient {
  const answer = { url: 'http://x', statusCode: 200, statusMessage: 'OK', headers };
  return { request: async () => ({ ...answer, body: body() }) as GitHttpResponse };
}

async function readAll(response: GitHttpResponse): Promise<number> {
  let bytes = 0;
  for await (const chunk of response.body!) bytes += chunk.byteLength;
  return bytes;
}

const bounds = { silenceMsMax: 60_000, bytesMax: 100, endsWithFlush: false };

test('a server that stops in the middle of an answer is given up after a silence', async (t) => {
  const { clock, fire } = heldClock();
  const http = new BoundedHttp(
    server(async function* () {
      yield Buffer.from('half');
      await new Promise(() => {});
    }),
    clock,
    bounds,
    new AbortController().signal,
  );
  const reading = readAll(await http.request({ url: 'http://x' }));
  await new Promise(setImmediate);
  fire();
  await t.throwsAsync(reading, { code: 'UNREACHABLE', message: 'the server said nothing for 60 s' });
  t.throws(() => http.throwIfBroken(), { code: 'UNREACHABLE' });
});

test('an answer that is larger than the ceiling is cut', async (t) => {
  const { clock, timers } = heldClock();
  const http = new BoundedHttp(
    server(async function* () {
      for (;;) yield Buffer.alloc(60);
    }),
    clock,
    bounds,
    new AbortController().signal,
  );
  await t.throwsAsync(readAll(await http.request({ url: 'http://x' })), { code: 'TOO_LARGE' });
  t.is(timers.size, 0);
});

test('a list must end as git ends it', async (t) => {
  for (const [text, isWhole] of [
    ['003eabc0000', true],
    ['003eabc000', false],
    ['', false],
  ] as const) {
    const http = new BoundedHttp(
      server(async function* () {
        for (const letter of text) yield Buffer.from(letter);
      }),
      heldClock().clock,
      { ...bounds, endsWithFlush: true },
      new AbortController().signal,
    );
    const reading = readAll(await http.request({ url: 'http://x' }));
    if (isWhole) t.is(await reading, text.length);
    else await t.throwsAsync(reading, { code: 'BAD_ANSWER' });
  }
});

test('who is told that a server is none of git learns which one, also of clients that say no URL', async (t) => {
  const page = { url: '', statusCode: 200, statusMessage: 'OK', headers: { 'content-type': 'text/html' } };
  const client = {
    request: async () => ({ ...page, body: server(async function* () {}) }) as unknown as GitHttpResponse,
  };
  const http = new BoundedHttp(client, heldClock().clock, bounds, new AbortController().signal);
  await t.throwsAsync(http.request({ url: 'http://x/f.git/info/refs?service=git-upload-pack' }), {
    message: 'http://x/f.git/info/refs does not answer as a git server (content type "text/html")',
  });
});
