/** The embedded broker over real sockets: who gets in, what they may do, and how they get out. */
import { once } from 'node:events';
import { connect as connectTls, Server, TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { connectAsync, type MqttClient } from 'mqtt';
import { errorCode } from '../../../../../controller/doors/guard.ts';
import { EmbeddedBroker, startEmbeddedBroker } from '../../../../../controller/doors/mqtt/embedded/broker.ts';
import { say } from '../../../../../controller/doors/mqtt/shadow-door.ts';
import { nodeClock } from '../../../../../platform/node/clock.ts';
import type { BusMessage } from '../../../../../platform/ports.ts';
import { quietGuard, quietLog, Scene } from '../../scene.ts';
import { client, ended, open, own, type Stage, until } from './stage.ts';

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

test('a device gets in with its certificate, and its messages carry its name', async (t) => {
  await using stage = await open();
  const device = await stage.scene.device('buoy-1');
  const heard: BusMessage[] = [];
  await stage.broker.subscribe(own('+', 'update'), (message) => heard.push(message));
  const connection = await client(stage, device, { clientId: 'any-name' });
  await connection.subscribeAsync(own('buoy-1', 'update/+'), { qos: 1 });
  await connection.publishAsync(own('buoy-1', 'update'), '{}', { qos: 1, retain: true });
  await until(() => heard.length > 0);
  t.deepEqual(
    heard.map(({ topic, device: name }) => [topic, name]),
    [[own('buoy-1', 'update'), 'buoy-1']],
  );
  const answer = new Promise<[string, Uint8Array]>((resolve) =>
    connection.once('message', (topic, payload) => resolve([topic, payload])),
  );
  await stage.broker.publish(own('buoy-1', 'update/accepted'), new TextEncoder().encode('yes'));
  const [topic, payload] = await answer;
  t.is(topic, own('buoy-1', 'update/accepted'));
  t.is(String(payload), 'yes');
  const later: string[] = [];
  connection.on('message', (about) => later.push(about));
  await connection.subscribeAsync(own('buoy-1', '#'), { qos: 1 });
  await connection.publishAsync(own('buoy-1', 'get'), '{}', { qos: 1 });
  await stage.broker.publish(own('buoy-1', 'get/accepted'), new Uint8Array());
  await until(() => later.length > 0);
  t.deepEqual(
    later,
    [own('buoy-1', 'get/accepted')],
    'what it asked to be retained was not, nor is it told what it asked',
  );
  await connection.endAsync();
  await until(() => stage.changes.length >= 2);
  t.deepEqual(stage.changes, [
    ['buoy-1', true],
    ['buoy-1', false],
  ]);
  t.deepEqual(stage.refusals, []);
});

test('a device says what its applications have for the shore, hears of it, and a subscriber hears what comes out', async (t) => {
  await using stage = await open();
  const [device, dashboard] = [await stage.scene.device('buoy-1'), await stage.scene.device('subscriber.dashboard')];
  const heard: BusMessage[] = [];
  await stage.broker.subscribe('fleet/+/out', (message) => heard.push(message));
  const [connection, subscriber] = [await client(stage, device), await client(stage, dashboard)];
  const said: string[] = [];
  for (const one of [connection, subscriber]) one.on('message', (topic, payload) => said.push(`${topic} ${payload}`));
  await connection.subscribeAsync('fleet/buoy-1/taken', { qos: 1 });
  await subscriber.subscribeAsync('fleet/messages/+/+/+', { qos: 1 });
  await connection.publishAsync('fleet/buoy-1/out', 'a batch', { qos: 1 });
  await until(() => heard.length > 0);
  t.like(heard[0], { topic: 'fleet/buoy-1/out', device: 'buoy-1' });
  await stage.broker.publish('fleet/messages/buoy-1/gauge/alarms', Buffer.from('an alarm'));
  await stage.broker.publish('fleet/buoy-1/taken', Buffer.from('taken'));
  await until(() => said.length === 2);
  t.deepEqual(said.sort(), ['fleet/buoy-1/taken taken', 'fleet/messages/buoy-1/gauge/alarms an alarm']);
  await Promise.all([connection.endAsync(), subscriber.endAsync()]);
  await until(() => stage.changes.length === 2);
  t.true(
    stage.changes.every(([name]) => name === 'buoy-1'),
    'a subscriber is no device',
  );
  t.deepEqual(stage.refusals, []);
});

test('nothing is kept for a device that is away, though it asks for a session', async (t) => {
  await using stage = await open();
  const device = await stage.scene.device('buoy-1');
  const first = await client(stage, device, { clean: false, clientId: 'buoy-1' });
  await first.subscribeAsync(own('buoy-1', 'update/accepted'), { qos: 1 });
  await first.endAsync();
  await until(() => stage.changes.length >= 2);
  await stage.broker.publish(own('buoy-1', 'update/accepted'), new Uint8Array());
  const second = await client(stage, device, { clean: false, clientId: 'buoy-1' });
  const heard: string[] = [];
  second.on('message', (topic) => heard.push(topic));
  await second.subscribeAsync(own('buoy-1', 'get/accepted'), { qos: 1 });
  await stage.broker.publish(own('buoy-1', 'get/accepted'), new Uint8Array());
  await until(() => heard.includes(own('buoy-1', 'get/accepted')));
  t.deepEqual(heard, [own('buoy-1', 'get/accepted')]);
  await second.endAsync();
});

test('the bus works before the door is open', async (t) => {
  using scene = await Scene.open();
  const broker = new EmbeddedBroker({
    host: '127.0.0.1',
    port: 0,
    identity: await scene.authority.serverIdentity(['localhost']),
    authority: scene.authority.certificate,
    authorize: scene.authorize,
    onRefusal: () => {},
    guard: quietGuard,
    clock: nodeClock,
    log: quietLog,
  });
  const heard: string[] = [];
  await broker.subscribe(own('+', 'update/delta'), ({ topic }) => heard.push(topic));
  await broker.publish(own('buoy-1', 'update/delta'), new Uint8Array());
  await until(() => heard.length > 0);
  t.deepEqual(heard, [own('buoy-1', 'update/delta')]);
  await broker.close();
});

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

test('what a device sent is read in a turn of its own: as much may have come from all others in one', async (t) => {
  const { emit } = TLSSocket.prototype;
  let isArriving = false;
  const readAsItArrives: boolean[] = [];
  TLSSocket.prototype.emit = function (this: TLSSocket, event: string, ...args: unknown[]) {
    if (event === 'data') readAsItArrives.push(isArriving);
    const wasArriving = isArriving;
    isArriving = event === 'readable';
    const isHeard = emit.call(this, event, ...args);
    isArriving = wasArriving;
    return isHeard;
  };
  t.teardown(() => {
    TLSSocket.prototype.emit = emit;
  });
  await using stage = await open();
  const connection = await client(stage, await stage.scene.device('buoy-1'));
  t.true(readAsItArrives.length > 0);
  t.false(readAsItArrives.includes(true));
  await connection.endAsync();
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

test('an expired certificate is refused as expired', async (t) => {
  await using stage = await open();
  // An authority that lives two hundred days ago signs with the same key.
  const past = { ...nodeClock, now: () => nodeClock.now() - 200 * 86_400_000 };
  using old = await Scene.open(past);
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
  t.deepEqual(
    stage.refusals.map(({ code }) => code),
    ['CERTIFICATE_EXPIRED'],
  );
  await broker.close();
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

test('of what a device has not subscribed to not even the bytes are made, and it hears what it has', async (t) => {
  await using stage = await open();
  const device = await stage.scene.device('buoy-1');
  const connection = await client(stage, device);
  const heard: string[] = [];
  connection.on('message', (topic) => heard.push(topic));
  const made: string[] = [];
  const tell = (topic: string): Promise<void> =>
    say(stage.broker, {
      topic,
      get payload() {
        made.push(topic);
        return Buffer.from(topic);
      },
    });
  const [accepted, documents] = [own('buoy-1', 'update/accepted'), own('buoy-1', 'update/documents')];
  await connection.subscribeAsync(accepted, { qos: 1 });
  for (const topic of [documents, accepted, own('buoy-2', 'update/accepted')]) await tell(topic);
  t.deepEqual(made, [accepted]);
  await connection.subscribeAsync(own('buoy-1', 'update/#'), { qos: 1 });
  await tell(documents);
  await until(() => heard.length === 2);
  t.deepEqual(heard, [accepted, documents]);
  const closed = ended(connection);
  connection.end();
  await closed;
  await until(() => stage.changes.length === 2);
  await tell(accepted);
  t.deepEqual(made, [accepted, documents]);
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
