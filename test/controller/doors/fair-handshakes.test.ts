/** Handshakes that hang, and those behind them. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, createServer } from 'node:tls';
import test from 'ava';
import { fairHandshakes, type HandshakeLimits, unreadConnections } from '../../../controller/doors/fair-handshakes.ts';
import { UnfinishedHandshakes } from '../../../controller/doors/unfinished-handshakes.ts';
import { Scene } from './scene.ts';

/** A handshake that hangs does so for longer than any test, unless it says otherwise. */
async function open(limits: Partial<HandshakeLimits>, handshakeTimeout = 600_000) {
  const scene = await Scene.open();
  const { key, certificate } = await scene.authority.serverIdentity(['localhost']);
  const server = createServer({ key, cert: certificate, ...unreadConnections, handshakeTimeout });
  let begun = 0;
  server.on('connection', () => {
    begun += 1;
  });
  let now = 0;
  const turnedAway: string[] = [];
  const refused: string[] = [];
  const handshakes = fairHandshakes(server, {
    clock: { monotonic: () => now },
    onTurnedAway: (address, error) => turnedAway.push(`${address} ${error.code}`),
    unfinished: new UnfinishedHandshakes(({ address, code }) => refused.push(`${address} ${code}`)),
    limits,
  });
  server.on('tlsClientError', () => {});
  server.on('secureConnection', (socket) => {
    socket.on('error', () => {});
    socket.write('x');
  });
  let entered = 0;
  server.on('connection', () => {
    entered += 1;
  });
  server.listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    turnedAway,
    refused,
    /** Begins a handshake and goes when it has seen the certificate, which it does not accept. */
    distrusts: async (host: string): Promise<void> => {
      const socket = connectTls({ host, port, servername: 'localhost' }).on('error', () => {});
      await new Promise<void>((resolve) => socket.once('close', () => resolve()));
    },
    /** Handshakes that began so far. */
    begun: () => begun,
    passTime: (ms: number) => {
      now += ms;
    },
    /** Resolves when so many connections were accepted in all. */
    async entered(count: number): Promise<void> {
      while (entered < count) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    /** A connection that begins no handshake. */
    silent: (host: string): Socket => connectTcp(port, host).on('error', () => {}),
    greeted: async (host: string): Promise<boolean> => {
      const socket = connectTls({ host, port, ca: scene.authority.certificate, servername: 'localhost' });
      socket.on('error', () => {});
      const isGreeted = await new Promise<boolean>((resolve) => {
        socket.once('data', () => resolve(true));
        socket.once('close', () => resolve(false));
      });
      socket.destroy();
      return isGreeted;
    },
    async [Symbol.asyncDispose]() {
      handshakes[Symbol.dispose]();
      const closed = once(server, 'close');
      server.close();
      await closed;
      scene[Symbol.dispose]();
    },
  };
}

test('connections of one source that begin no handshake hold up nobody of another', async (t) => {
  await using stage = await open({ handshakesMax: 8 });
  const hanging = Array.from({ length: 20 }, () => stage.silent('127.0.0.1'));
  await stage.entered(20);
  t.true(await stage.greeted('::1'));
  for (const socket of hanging) socket.destroy();
});

test('handshakes that hang give their places back, and who waited has a turn', async (t) => {
  await using stage = await open({ handshakesMax: 1 }, 300);
  const hanging = stage.silent('127.0.0.1');
  await stage.entered(1);
  // On a busy machine one's own handshake may take too long as well; then one comes again, as a device does.
  while (!(await stage.greeted('127.0.0.1')));
  t.deepEqual(stage.turnedAway, []);
  hanging.destroy();
});

test('where there is no room to wait one is turned away, and it is said', async (t) => {
  await using stage = await open({ handshakesMax: 1, waitingMax: 1 });
  const hanging = [stage.silent('127.0.0.1'), stage.silent('127.0.0.1'), stage.silent('127.0.0.1')];
  await Promise.any(hanging.map((socket) => once(socket, 'close')));
  t.regex(stage.turnedAway[0] ?? '', /127\.0\.0\.1 HANDSHAKES_FULL$/);
  for (const socket of hanging) socket.destroy();
});

test('who waited longer than the other end does is not served', async (t) => {
  await using stage = await open({ handshakesMax: 1, waitingMs: 1000 });
  const hanging = stage.silent('127.0.0.1');
  await stage.entered(1);
  const late = stage.greeted('127.0.0.1');
  await stage.entered(2);
  stage.passTime(2000);
  hanging.destroy();
  t.false(await late);
  t.true(await stage.greeted('127.0.0.1'));
});

test('handshakes that end in short rounds make room for as many more, half of which one source may have', async (t) => {
  await using stage = await open({});
  for (let n = 0; n < 8; n += 1) t.true(await stage.greeted('127.0.0.1'));
  const hanging = Array.from({ length: 100 }, () => stage.silent('127.0.0.1'));
  await stage.entered(108);
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  t.is(stage.begun(), 8 + (64 + 8) / 2);
  for (const socket of hanging) socket.destroy();
});

test('who begins one handshake after the other and finishes none is told of, from the third in a row; who only looks is not, unless it stays', async (t) => {
  await using stage = await open({}, 300);
  const told = async (count: number) => {
    while (stage.refused.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  for (let time = 0; time < 2; time++) await stage.distrusts('127.0.0.1');
  t.true(await stage.greeted('127.0.0.1'));
  const silent = Array.from({ length: 3 }, () => stage.silent('127.0.0.1'));
  await Promise.all(silent.map((socket) => once(socket, 'close')));
  for (let time = 0; time < 3; time++) await stage.distrusts('127.0.0.1');
  await told(1);
  t.deepEqual(stage.refused, ['::ffff:127.0.0.1 HANDSHAKE_UNFINISHED']);
  const before = stage.begun();
  const staying = stage.silent('127.0.0.1');
  while (stage.begun() === before) await new Promise((resolve) => setTimeout(resolve, 5));
  stage.passTime(5_000);
  await once(staying, 'close');
  await told(2);
  t.is(stage.refused.length, 2);
});
