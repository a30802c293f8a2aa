import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { suspendingWait, until } from '../../device-agent/runtime/primitives/waiting.ts';
import { nodeClock } from '../../platform/node/clock.ts';
import { isPublicAddress, nodeOutbound, outboundBy } from '../../platform/node/outbound.ts';
import type { Connection } from '../../platform/streams.ts';

const wait = suspendingWait(nodeClock);

/** A server on the loopback that does `serve` with each connection. */
async function listen(t: ExecutionContext, serve: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** All that comes until the other end is done, as a guest reads it. */
async function readAll({ input }: Connection): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (;;) {
    const into = Buffer.alloc(50_000);
    const attempt = () => {
      const count = input.read(into);
      return count > 0 || input.hasEnded() ? count : undefined;
    };
    const count = await until(attempt, () => wait([input], Number.POSITIVE_INFINITY));
    if (count === 0) return Buffer.concat(parts);
    parts.push(into.subarray(0, count));
  }
}

async function writeAll({ output }: Connection, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const attempt = () => output.write(bytes.subarray(at)) || undefined;
    at += await until(attempt, () => wait([output], Number.POSITIVE_INFINITY));
  }
}

test('bytes go both ways in order, more than either end holds, and the end is seen', async (t) => {
  const port = await listen(t, (socket) => socket.pipe(socket));
  const connection = nodeOutbound.connect({ host: '127.0.0.1', port });
  const sent = Buffer.from(Array.from({ length: 1_000_000 }, (_, index) => index % 251));
  const received = readAll(connection);
  await writeAll(connection, sent);
  connection.shutdown({ receive: false, send: true });
  t.true((await received).equals(sent));
  connection.close();
});

test('what was written before the connection was closed still arrives', async (t) => {
  const arrived = Promise.withResolvers<string>();
  const port = await listen(t, (socket) => {
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes;
    });
    socket.on('end', () => {
      socket.end();
      arrived.resolve(text);
    });
  });
  const connection = nodeOutbound.connect({ host: '127.0.0.1', port });
  await writeAll(connection, Buffer.from('last words'));
  connection.close();
  t.is(await arrived.promise, 'last words');
});

test('a host that is not there, and a name that leads to a neighbour, fail the read', async (t) => {
  const port = await listen(t, () => t.fail('it was reached'));
  for (const host of ['localhost', 'no-such-name.invalid']) {
    const connection = nodeOutbound.connect({ host, port });
    await t.throwsAsync(readAll(connection), { code: 'io' }, host);
    t.throws(() => connection.output.write(Buffer.from('x')), { code: 'pipe' });
    connection.close();
  }
});

/** A name server of the loopback that is silent about every name but `known.test`, which it says is this machine. */
async function nameServer(t: ExecutionContext): Promise<() => Resolver> {
  const server = createSocket('udp4').bind(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const address = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
  server.on('message', (asked, { port, address: from }) => {
    if (asked.subarray(13, 18).toString() !== 'known') return;
    const answer = Buffer.concat([asked.subarray(0, 12 + 'known.test'.length + 2 + 4), address]);
    answer.writeUInt16BE(0x8180, 2);
    // One question, one answer, and none of what followed the question.
    for (const [at, count] of [1, 1, 0, 0].entries()) answer.writeUInt16BE(count, 4 + 2 * at);
    server.send(answer, port, from);
  });
  return () => {
    const resolver = new Resolver({ timeout: 60_000, tries: 1 });
    resolver.setServers([`127.0.0.1:${server.address().port}`]);
    return resolver;
  };
}

test('names that no server answers for hold up no other', async (t) => {
  const outbound = outboundBy(await nameServer(t));
  const silent = Array.from({ length: 16 }, (_, at) => outbound.connect({ host: `silent-${at}.test`, port: 80 }));
  const known = outbound.connect({ host: 'known.test', port: 80 });
  await t.throwsAsync(readAll(known), { code: 'io', message: /known.test is 127.0.0.1, and a name may only/ });
  for (const connection of [...silent, known]) connection.close();
});

test('addresses that mean another machine elsewhere are not public', (t) => {
  for (const address of [
    ...['10.1.2.3', '127.0.0.1', '169.254.169.254', '172.31.0.1', '192.168.0.9', '100.64.0.1', '0.0.0.0', '224.0.0.1'],
    ...['::1', '::', 'fe80::1', 'fd00::1', '::ffff:10.0.0.1', '::ffff:127.0.0.1', '64:ff9b::a00:1', 'fec0::1'],
  ]) {
    t.false(isPublicAddress(address), address);
  }
  for (const address of ['8.8.8.8', '172.32.0.1', '2606:4700::1111']) t.true(isPublicAddress(address), address);
});
