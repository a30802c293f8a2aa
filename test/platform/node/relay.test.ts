import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { nodeRelays } from '../../../platform/node/relay.ts';
import { nodeSegments } from '../../../platform/node/segments.ts';
import type { Relay, RelayTarget } from '../../../platform/ports.ts';

/** A server that says back what it hears, and the connections it got. */
async function echoServer(
  t: ExecutionContext,
  host = '127.0.0.1',
): Promise<{ readonly port: number; readonly sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('error', () => {});
  }).listen(0, host);
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

async function openRelay(t: ExecutionContext, target: Partial<RelayTarget>): Promise<Relay> {
  const relay = await nodeRelays.open({
    ...{ host: '127.0.0.1', port: 9, connectMsMax: 30_000, accepts: () => true },
    ...target,
  });
  t.teardown(() => relay[Symbol.dispose]());
  return relay;
}

function client(t: ExecutionContext, { port }: Relay): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  t.teardown(() => socket.destroy());
  return socket;
}

const request = 'CONNECT shore:8883 HTTP/1.1\r\nHost: shore:8883\r\n\r\n';

async function said(socket: Socket): Promise<string> {
  return String((await once(socket, 'data'))[0]);
}

test.serial('a relay passes on what both sides say, counts what comes down, and is for one connection', async (t) => {
  const { port } = await echoServer(t);
  let bytes = 0;
  const travelled: [number, string | undefined][] = [];
  const relay = await openRelay(t, {
    port,
    countTravel: (more, via) => travelled.push([more, via]),
    accepts: (more) => {
      bytes += more;
      return true;
    },
  });
  const socket = client(t, relay);
  socket.write(request.slice(0, 20));
  socket.write(request.slice(20));
  t.is(await said(socket), 'HTTP/1.1 200 OK\r\n\r\n');
  socket.write('ahoy');
  t.is(await said(socket), 'ahoy');
  t.is(bytes, 4);
  const headers = 80;
  t.deepEqual(travelled, [
    [400, 'lo'],
    [4 + headers, 'lo'],
    [4 + headers, 'lo'],
  ]);
  const [error] = (await once(client(t, relay), 'error')) as [NodeJS.ErrnoException];
  t.is(error.code, 'ECONNREFUSED');
});

test.serial('a relay ends where the first piece is refused, and passes none of it on', async (t) => {
  const { port, sockets } = await echoServer(t);
  const relay = await openRelay(t, { port, accepts: (bytes) => bytes < 5 });
  const socket = client(t, relay);
  socket.write(request);
  await said(socket);
  const heard: unknown[] = [];
  socket.on('data', (chunk) => heard.push(chunk));
  socket.write('too long');
  t.like(await relay.ended, { kind: 'flooded' });
  await once(socket, 'close');
  t.deepEqual(heard, []);
  if (!sockets[0]!.destroyed) await once(sockets[0]!, 'close');
});

test.serial(
  'a relay tells a server that is not reached from one that goes, and from a program that leaves',
  async (t) => {
    const nobody = await openRelay(t, {});
    client(t, nobody).write(request);
    const { kind, reason, code } = await nobody.ended;
    t.deepEqual([kind, code], ['unreachable', 'ECONNREFUSED']);
    t.regex(reason, /ECONNREFUSED/);

    const { port, sockets } = await echoServer(t);
    const going = await openRelay(t, { port });
    const socket = client(t, going);
    socket.write(request);
    await said(socket);
    sockets[0]!.destroy();
    t.like(await going.ended, { kind: 'closed' });

    const leaving = await openRelay(t, { port });
    const leaver = client(t, leaving);
    leaver.write(request);
    await said(leaver);
    leaver.destroy();
    t.like(await leaving.ended, { kind: 'left' });
  },
);

test.serial('a relay tells a name without an address, and the first bytes of both sides', async (t) => {
  const nameless = await openRelay(t, { host: 'shore.invalid' });
  client(t, nameless).write(request);
  const { kind, code = '' } = await nameless.ended;
  t.is(kind, 'unreachable');
  t.true(['ENOTFOUND', 'EAI_AGAIN'].includes(code), code);

  const { port } = await echoServer(t);
  const relay = await openRelay(t, { port });
  const socket = client(t, relay);
  socket.write(request);
  await said(socket);
  socket.write('ahoy');
  await said(socket);
  socket.write('bye');
  await said(socket);
  relay[Symbol.dispose]();
  t.like(await relay.ended, { firstByte: 'a'.charCodeAt(0), replyByte: 'b'.charCodeAt(0) });
});

test.serial('a relay takes nothing but a short CONNECT request', async (t) => {
  for (const text of ['GET / HTTP/1.1\r\n\r\n', `CONNECT ${'x'.repeat(5_000)}`]) {
    const relay = await openRelay(t, {});
    client(t, relay).write(text);
    t.deepEqual(await relay.ended, { kind: 'left', reason: 'what came was no CONNECT request' });
  }
});

test.serial('a relay that is disposed of before anybody came holds nothing open', async (t) => {
  const relay = await openRelay(t, {});
  relay[Symbol.dispose]();
  t.like(await relay.ended, { kind: 'left' });
  const [error] = (await once(client(t, relay), 'error')) as [NodeJS.ErrnoException];
  t.is(error.code, 'ECONNREFUSED');
});

/** How long a server's segments may be on its one connection, as the kernel tells it. */
function segmentBytesAt(port: number): number {
  const { stdout } = spawnSync('ss', ['-tinH', `sport = :${port}`], { encoding: 'utf8' });
  return Number(/ mss:(\d+)/.exec(stdout)?.[1]);
}

const isSeen = spawnSync('ss', ['-V']).status === 0;
if (!isSeen) console.log('test/platform/node/relay: skipped: there is no ss (iproute2) to see segments with');
const whereSeen = isSeen ? test.serial : test.skip;

for (const host of ['127.0.0.1', 'localhost', '::1']) {
  whereSeen(
    `after a connection to ${host} that brought nothing the next has short segments, and after one of these usual ones`,
    async (t) => {
      t.teardown(() => {
        nodeSegments.areShort = false;
      });
      const { port, sockets } = await echoServer(t, host);
      for (const areShort of [false, true, false]) {
        nodeSegments.areShort = areShort;
        const relay = await openRelay(t, { host, port });
        const socket = client(t, relay);
        socket.write(request);
        await said(socket);
        t.is(segmentBytesAt(port) <= 1_024, areShort);
        socket.destroy();
        await relay.ended;
        t.is(nodeSegments.areShort, !areShort);
        sockets.at(-1)!.destroy();
      }
      const relay = await openRelay(t, { host, port });
      const socket = client(t, relay);
      socket.write(request);
      await said(socket);
      socket.write('ahoy');
      await said(socket);
      socket.destroy();
      await relay.ended;
      t.true(nodeSegments.areShort, 'what brought something stays as it was');
    },
  );
}
