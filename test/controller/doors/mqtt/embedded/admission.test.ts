/** Who gets in at the embedded broker over real sockets, who does not, and who is cut off for what it does there. */
import { once } from 'node:events';
import { connect as connectTls, Server, type TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { connectAsync, type MqttClient } from 'mqtt';
import { errorCode } from '../../../../../controller/doors/guard.ts';
import { startEmbeddedBroker } from '../../../../../controller/doors/mqtt/embedded/broker.ts';
import { nodeClock } from '../../../../../platform/node/clock.ts';
import { quietGuard, quietLog, Scene } from '../../scene.ts';
import { client, ended, open, own, type Stage } from './stage.ts';

/** A handshake alone; resolves when the broker hung up. */
async function knock(stage: Stage, options: object): Promise<void> {
  const socket: TLSSocket = connectTls({
    port: stage.broker.port,
    servername: 'localhost',
    ca: stage.scene.authority.certificate,
    ...options,
  });
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'close');
}

async function refused(t: ExecutionContext, stage: Stage, connection: MqttClient, code: string, act: () => void) {
  const closed = ended(connection);
  connection.on('error', () => {});
  act();
  await closed;
  t.deepEqual(
    stage.refusals.map((refusal) => refusal.code),
    [code],
  );
}

test('without a certificate, and with one of another authority, there is no way in', async (t) => {
  await using stage = await open();
  using foreign = await Scene.open();
  const stranger = await foreign.device('buoy-1');
  await knock(stage, {});
  await knock(stage, { key: stranger.key, cert: stranger.certificate });
  t.deepEqual(
    stage.refusals.map(({ code, device }) => [code, device]),
    [
      ['CERTIFICATE_MISSING', undefined],
      ['CERTIFICATE_UNTRUSTED', 'buoy-1'],
    ],
  );
});

test('who is through the handshake is judged in a turn of its own: hundreds may be through in one', async (t) => {
  const { emit } = Server.prototype;
  let isInHandshake = false;
  Server.prototype.emit = function (this: Server, event: string, ...args: unknown[]) {
    isInHandshake = event === 'secureConnection';
    const isHeard = emit.call(this, event, ...args);
    isInHandshake = false;
    return isHeard;
  };
  t.teardown(() => {
    Server.prototype.emit = emit;
  });
  const judged: boolean[] = [];
  await using stage = await open({}, { onRefusal: () => judged.push(isInHandshake) });
  await knock(stage, {});
  t.deepEqual(judged, [false]);
});

test('the broker listens at an IPv6 address, with or without the brackets of URLs, and names it with them', async (t) => {
  for (const host of ['::1', '[::1]']) {
    await using stage = await open({}, { host });
    t.is(stage.broker.url, `mqtts://[::1]:${stage.broker.port}`);
    const device = await stage.scene.device('buoy-1');
    const connection = await connectAsync(`mqtts://localhost:${stage.broker.port}`, {
      ...{ protocolVersion: 4, reconnectPeriod: 0, host: '::1', servername: 'localhost' },
      ...{ ca: stage.scene.authority.certificate, key: device.key, cert: device.certificate },
    });
    await connection.endAsync();
  }
});

test('a certificate of our authority with no common name or with two names nobody', async (t) => {
  await using stage = await open({}, { authorize: () => 'ok' });
  for (const names of [[], ['buoy-1', 'buoy-2'], ['buoy-2', 'buoy-1']]) {
    await knock(stage, await stage.scene.certificateFor(names));
  }
  t.deepEqual(
    stage.refusals.map(({ code, device }) => [code, device]),
    Array(3).fill(['CERTIFICATE_UNTRUSTED', undefined]),
  );
});

/** What a device is told whose certificate was given by an authority that lives so many days from now. */
async function refusedFrom(days: number): Promise<Stage['refusals']> {
  await using stage = await open();
  using old = await Scene.open({ ...nodeClock, now: () => nodeClock.now() + days * 86_400_000 });
  const device = await old.device('buoy-1');
  const broker = await startEmbeddedBroker({
    host: '127.0.0.1',
    port: 0,
    identity: await stage.scene.authority.serverIdentity(['localhost', '127.0.0.1']),
    authority: old.authority.certificate,
    authorize: old.authorize,
    onRefusal: (refusal) => stage.refusals.push(refusal),
    guard: quietGuard,
    clock: nodeClock,
    log: quietLog,
  });
  await knock({ ...stage, broker }, { key: device.key, cert: device.certificate });
  await broker.close();
  return stage.refusals;
}

test('a certificate whose time is over, or has not come, is refused with both times', async (t) => {
  const codes = async (days: number) => (await refusedFrom(days)).map(({ code, device }) => [code, device]);
  t.deepEqual(await codes(-200), [['CERTIFICATE_EXPIRED', 'buoy-1']]);
  t.deepEqual(await codes(200), [['CERTIFICATE_NOT_YET_VALID', 'buoy-1']]);
});

test('a device that git does not name, or names with another key, is told "not authorized"', async (t) => {
  await using stage = await open();
  const unknown = await stage.scene.device('buoy-1');
  stage.scene.named.delete('buoy-1');
  await t.throwsAsync(client(stage, unknown), { message: /Not authorized/ });
  stage.scene.named.set('buoy-1', 'SHA256:another');
  await t.throwsAsync(client(stage, unknown), { message: /Not authorized/ });
  t.deepEqual(
    stage.refusals.map(({ code, device }) => [code, device]),
    [
      ['DEVICE_UNKNOWN', 'buoy-1'],
      ['KEY_MISMATCH', 'buoy-1'],
    ],
  );
  t.deepEqual(stage.changes, []);
});

test('a will is refused: after its end a device says nothing more', async (t) => {
  await using stage = await open();
  const device = await stage.scene.device('buoy-1');
  const will = { topic: own('buoy-1', 'update/delta'), payload: Buffer.from('{}'), qos: 0, retain: false };
  await t.throwsAsync(client(stage, device, { will }), { message: /Not authorized/ });
  t.deepEqual(
    stage.refusals.map(({ code }) => code),
    ['WILL_REFUSED'],
  );
});

test('a second connection of a device takes the place of the first, and the device stays connected', async (t) => {
  await using stage = await open();
  const device = await stage.scene.device('buoy-1');
  const first = await client(stage, device, { clientId: 'one' });
  const closed = ended(first);
  const second = await client(stage, device, { clientId: 'two' });
  await closed;
  await second.publishAsync(own('buoy-1', 'get'), '', { qos: 1 });
  t.deepEqual(stage.changes.at(-1), ['buoy-1', true]);
  await second.endAsync();
});

test('a connection for which there is no room is told by its code and address, and those that are there stay', async (t) => {
  const told: string[] = [];
  const guard = {
    run: quietGuard.run.bind(quietGuard),
    tell: (_door: string, subject: string, error: unknown) => told.push(`${subject} ${errorCode(error)}`),
  };
  await using stage = await open({ connectionsMax: 1 }, { guard });
  const connection = await client(stage, await stage.scene.device('buoy-1'));
  await t.throwsAsync(knock(stage, {}), { code: 'ECONNRESET' });
  t.deepEqual(told, ['127.0.0.1 CONNECTIONS_FULL']);
  t.true(connection.connected);
  await connection.endAsync();
});

test('a device that git no longer names is cut off at the next revision, in a later turn, the others stay', async (t) => {
  let judged = 0;
  await using stage = await open(
    {},
    {
      authorize: (device, fingerprint) => {
        judged += 1;
        return stage.scene.authorize(device, fingerprint);
      },
    },
  );
  const [first, second] = [await stage.scene.device('buoy-1'), await stage.scene.device('buoy-2')];
  const [leaving, staying] = [await client(stage, first), await client(stage, second)];
  await refused(t, stage, leaving, 'DEVICE_UNKNOWN', () => {
    stage.scene.named.delete('buoy-1');
    const judgedBefore = judged;
    stage.broker.reauthorize();
    t.is(judged, judgedBefore);
  });
  await staying.publishAsync(own('buoy-2', 'get'), '', { qos: 1 });
  t.true(staying.connected);
  await staying.endAsync();
});

test('a device that publishes where the controller speaks is cut off', async (t) => {
  await using stage = await open();
  const device = await stage.scene.device('buoy-1');
  let forged = 0;
  await stage.broker.subscribe(own('+', 'update/delta'), () => {
    forged += 1;
  });
  const connection = await client(stage, device);
  await refused(t, stage, connection, 'PUBLISH_REFUSED', () =>
    connection.publish(own('buoy-1', 'update/delta'), '{}', { qos: 1 }),
  );
  t.is(forged, 0);
});

test('a subscription to what is not its own is not granted', async (t) => {
  await using stage = await open();
  const device = await stage.scene.device('buoy-1');
  const connection = await client(stage, device);
  await t.throwsAsync(connection.subscribeAsync(own('buoy-2', 'update/delta'), { qos: 1 }));
  t.deepEqual(
    stage.refusals.map(({ code }) => code),
    ['SUBSCRIBE_REFUSED'],
  );
  await connection.endAsync();
});

test('a packet that is too long ends the connection before it is read', async (t) => {
  await using stage = await open({ packetBytesMax: 1000 });
  const device = await stage.scene.device('buoy-1');
  let heard = 0;
  await stage.broker.subscribe(own('+', 'update'), () => {
    heard += 1;
  });
  const connection = await client(stage, device);
  await refused(t, stage, connection, 'PACKET_TOO_LONG', () =>
    connection.publish(own('buoy-1', 'update'), 'x'.repeat(200_000), { qos: 1 }),
  );
  t.is(heard, 0);
});

test('a device that sends faster than it may is cut off', async (t) => {
  await using stage = await open({ messagesPerSecond: 1, messagesBurst: 3 });
  const device = await stage.scene.device('buoy-1');
  const connection = await client(stage, device);
  await refused(t, stage, connection, 'RATE_LIMITED', () => {
    for (let n = 0; n < 5; n += 1) connection.publish(own('buoy-1', 'get'), '', { qos: 0 });
  });
});
