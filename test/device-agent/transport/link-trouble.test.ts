import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import test from 'ava';
import { keyExchange } from '../../../device-agent/key-exchange.ts';
import {
  type LinkTrouble,
  type LinkTroubleKind,
  troubleOf,
  withClock,
} from '../../../device-agent/transport/link-trouble.ts';
import { openNetwork } from '../../../platform/node/network.ts';
import type { RelayEnd } from '../../../platform/ports.ts';
import { openShore } from './shore.ts';

const [alert, handshake, carryOn] = [21, 22, 20];
const http = 'H'.charCodeAt(0);

test('each way in which a connect fails is told apart', (t) => {
  const seen: readonly (readonly [Omit<RelayEnd, 'reason'>, string | undefined, LinkTroubleKind])[] = [
    [{ kind: 'unreachable', code: 'ENOTFOUND' }, undefined, 'dns'],
    [{ kind: 'unreachable', code: 'EAI_AGAIN' }, undefined, 'dns'],
    [{ kind: 'unreachable', code: 'LOOKUP' }, undefined, 'dns'],
    [{ kind: 'unreachable', code: 'ENETUNREACH' }, undefined, 'route'],
    [{ kind: 'unreachable', code: 'EHOSTUNREACH' }, undefined, 'route'],
    [{ kind: 'unreachable', code: 'ECONNREFUSED' }, undefined, 'tcp'],
    [{ kind: 'unreachable', code: 'ETIMEDOUT' }, undefined, 'tcp'],
    [{ kind: 'unreachable' }, undefined, 'tcp'],
    [{ kind: 'unreachable', code: 'GATEWAY_UNREACHED' }, undefined, 'gateway'],
    [{ kind: 'unreachable', code: 'GATEWAY_REFUSES' }, undefined, 'gateway-refused'],
    [{ kind: 'unreachable', code: 'GATEWAY_DARK' }, undefined, 'gateway-dark'],
    [{ kind: 'closed' }, undefined, 'tls'],
    [{ kind: 'closed', firstByte: alert }, undefined, 'tls'],
    [{ kind: 'closed', firstByte: http }, undefined, 'portal'],
    [{ kind: 'left', firstByte: http, replyByte: alert }, 'AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE', 'portal'],
    [{ kind: 'closed', firstByte: handshake }, undefined, 'certificate'],
    [{ kind: 'closed', firstByte: handshake }, 'aws-c-io: AWS_IO_SOCKET_CLOSED, socket is closed.', 'tls'],
    [{ kind: 'left', firstByte: handshake, replyByte: alert }, 'AWS_IO_TLS_ERROR_NEGOTIATION_FAILURE', 'certificate'],
    [{ kind: 'closed', firstByte: handshake, replyByte: carryOn }, undefined, 'refused'],
    [{ kind: 'left', firstByte: handshake, replyByte: carryOn }, 'AWS_ERROR_MQTT_PROTOCOL_ERROR', 'refused'],
  ];
  for (const [end, said, kind] of seen) {
    t.is(troubleOf({ ...end, reason: 'it ended' }, said).kind, kind, JSON.stringify([end, said]));
  }
});

test('the library is quoted only where nothing better is known', (t) => {
  t.is(
    troubleOf({ kind: 'left', reason: 'left', firstByte: handshake }, 'the words of the library').message,
    'the words of the library',
  );
  t.is(
    troubleOf({ kind: 'unreachable', reason: 'no such name', code: 'ENOTFOUND' }, 'proxy failed').message,
    'no such name',
  );
});

test('a handshake in which not a byte came back is told as what a path too narrow for long packets looks like', (t) => {
  const { kind, message } = troubleOf({ kind: 'left', reason: 'left' }, 'AWS_IO_TLS_NEGOTIATION_TIMEOUT');
  t.is(kind, 'tls');
  t.regex(message, /^connected, and not a byte came back.*tcp_mtu_probing.*\(AWS_IO_TLS_NEGOTIATION_TIMEOUT\)$/);
});

test('a certificate that does not count by the clock here is a matter of the clock', (t) => {
  const own = { fromMs: Date.parse('2026-06-01T00:00Z'), untilMs: Date.parse('2026-09-01T00:00Z') };
  const refused: LinkTrouble = { kind: 'refused', message: 'closed' };
  const certificate: LinkTrouble = { kind: 'certificate', message: 'closed' };
  t.deepEqual(withClock(certificate, own, 0), {
    kind: 'clock',
    message: "the clock here says 1970-01-01T00:00Z, and this device's certificate counts from 2026-06-01T00:00Z",
  });
  t.like(withClock(refused, own, own.untilMs + 60_000), { kind: 'clock' });
  t.is(withClock(refused, own, own.fromMs), refused);
  const dns: LinkTrouble = { kind: 'dns', message: 'no such name' };
  t.is(withClock(dns, own, 0), dns);
});

type Answer = (socket: Socket, said: Buffer) => void;

/** The port of something that is no broker. */
function listenAs(t: { teardown(end: () => void): void }, answer: Answer): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (said: Buffer) => answer(socket, said));
  });
  t.teardown(() => server.close());
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}

/** What the real library, over real sockets, makes of whatever listens at a port. */
async function tryAt(
  shore: Awaited<ReturnType<typeof openShore>>,
  port: number,
  authorityText?: string,
): Promise<LinkTrouble> {
  const device = `buoy-${port}`;
  const made = shore.newDevice(device);
  shore.named.set(device, made.fingerprint);
  await made.enrol();
  shore.named.delete(device);
  const told = Promise.withResolvers<LinkTrouble>();
  const link = shore.openLink(
    device,
    port,
    made.identity,
    authorityText === undefined ? {} : { authorityText: () => authorityText },
  );
  link.start({
    countTravel: () => {},
    onDesired: () => {},
    onBatchAnswer: () => {},
    onConnection: () => {},
    onTrouble: told.resolve,
  });
  const trouble = await told.promise;
  await link.stop();
  return trouble;
}

test.serial(
  'a portal, a server that hangs up, and one that breaks off its handshake are each told as what they are',
  async (t) => {
    const shore = await openShore(t);
    const portal = await listenAs(t, (socket) => socket.end('HTTP/1.1 302 Found\r\nlocation: http://login/\r\n\r\n'));
    t.like(await tryAt(shore, portal), { kind: 'portal' });
    const rude = await listenAs(t, (socket) => socket.end());
    t.like(await tryAt(shore, rude), { kind: 'tls' });
    const broken = await listenAs(t, (socket) => {
      socket.write(Buffer.from('160303007a0200007603', 'hex'));
      setTimeout(() => socket.end(), 50);
    });
    t.like(await tryAt(shore, broken), { kind: 'tls' });
    t.like(await tryAt(shore, 9), { kind: 'tcp', message: 'connect ECONNREFUSED 127.0.0.1:9' });
  },
);

test.serial('what a device says first fits the first packet of any link, over MQTT and over HTTPS', async (t) => {
  // What IPv6 lets a link carry at least (RFC 8200, 5), without the headers of IP and TCP.
  const bytesMax = 1_280 - 40 - 32;
  const shore = await openShore(t);
  const heard: number[] = [];
  const port = await listenAs(t, (socket, said) => {
    heard.push(said.length);
    socket.end();
  });
  await tryAt(shore, port);
  const network = openNetwork(() => ({ keyExchange }));
  const wanted = { method: 'GET' as const, url: `https://127.0.0.1:${port}/`, headers: {} };
  await t.throwsAsync(network.request(wanted, new AbortController().signal));
  t.is(heard.length, 2);
  t.true(
    heard.every((bytes) => bytes < bytesMax / 2),
    `${heard}`,
  );
});

test.serial(
  'a server under another name, one of another fleet, and a broker that refuses this device are told apart',
  async (t) => {
    t.timeout(40_000);
    const shore = await openShore(t);
    const { certificate, key } = await shore.authority.serverIdentity(['elsewhere']);
    const elsewhere = createTlsServer({ cert: certificate, key, handshakeTimeout: 500 }).listen(0, '127.0.0.1');
    elsewhere.on('tlsClientError', () => {});
    await new Promise((resolve) => elsewhere.on('listening', resolve));
    t.teardown(() => elsewhere.close());
    const { port } = elsewhere.address() as { port: number };
    t.like(await tryAt(shore, port), { kind: 'certificate' });
    const foreign = (await openShore(t)).authority.certificate;
    t.like(await tryAt(shore, port, foreign), { kind: 'certificate' });
    const broker = await shore.startBroker(0);
    t.like(await tryAt(shore, broker.port), { kind: 'refused' });
    await broker.close();
  },
);
