/** The server for programs of the same machine, over real sockets. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import type { LocalRequest, LocalResponse } from '../../../platform/local-http.ts';
import { startLocalHttpServer } from '../../../platform/node/local-http-server.ts';

function responseOf(body: Uint8Array | string): LocalResponse {
  return { status: 200, headers: [], body: Buffer.from(body) };
}

async function open(
  t: ExecutionContext,
  answer: (request: LocalRequest) => Promise<LocalResponse>,
): Promise<() => Socket> {
  const ending = new AbortController();
  t.teardown(() => ending.abort());
  const options = { host: '127.0.0.1', port: 0, bodyBytesMax: 1_000, onUnread: () => {}, signal: ending.signal };
  const port = await startLocalHttpServer({ ...options, answer });
  return () => connect({ port, host: '127.0.0.1', allowHalfOpen: true });
}

test('who says nothing more after a request is answered all the same', async (t) => {
  const answers = Promise.withResolvers<void>();
  const dial = await open(t, async (request) => {
    const body = await request.readBody();
    await answers.promise;
    return responseOf(`${request.url} ${body?.length}`);
  });
  const socket = dial();
  socket.end('POST /late HTTP/1.1\r\nHost: here\r\nContent-Length: 3\r\n\r\nabc', () => answers.resolve());
  const answer = await text(socket);
  t.true(answer.startsWith('HTTP/1.1 200 OK\r\n') && answer.endsWith('\r\n\r\n/late 3'), answer);
});

test('a body says how long it may become before it is read', async (t) => {
  const dial = await open(t, async ({ bodyBytesMax }) => responseOf(String(bodyBytesMax)));
  const lengthOf = async (head: string): Promise<string> => {
    const socket = dial();
    socket.end(`POST / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n${head}\r\n\r\n`);
    return (await text(socket)).split('\r\n').at(-1)!;
  };
  t.is(await lengthOf('X: y'), '0');
  t.is(await lengthOf('Content-Length: 0'), '0');
  t.is(await lengthOf('Transfer-Encoding: chunked\r\n\r\n0'), '1000');
});

test('long answers that nobody takes hold so much in all: the one that waits longest is cut off', async (t) => {
  const bytes = 8 * 2 ** 20;
  const dial = await open(t, async () => responseOf(new Uint8Array(bytes)));
  const clients: Socket[] = [];
  for (let count = 0; count < 4; count++) {
    const socket = dial().on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n');
    // Its answer has begun.
    await once(socket, 'readable');
    clients.push(socket);
  }
  const taken = await Promise.all(clients.map(async (socket) => (await text(socket).catch(() => '')).length >= bytes));
  t.deepEqual([taken[0], taken[3]], [false, true]);
});
