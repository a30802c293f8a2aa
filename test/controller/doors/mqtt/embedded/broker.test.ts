/** The embedded broker over real sockets: who gets in, what they may do, and how they get out. */
import { once } from 'node:events';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { connectAsync, type MqttClient } from 'mqtt';
import { EmbeddedBroker, startEmbeddedBroker } from '../../../../../controller/doors/mqtt/embedded/broker.ts';
import type { BrokerLimits } from '../../../../../controller/doors/mqtt/embedded/limits.ts';
import { nodeClock } from '../../../../../platform/node/clock.ts';
import type { BusMessage } from '../../../../../platform/ports.ts';
import { quietLog, Scene, type TestDevice } from '../../scene.ts';

interface Stage extends AsyncDisposable {
  readonly scene: Scene;
  readonly broker: EmbeddedBroker;
  readonly refusals: { readonly code: string; readonly device?: string }[];
  readonly changes: [string, boolean][];
}

async function open(limits: Partial<BrokerLimits> = {}): Promise<Stage> {
  const scene = await Scene.open();
  const refusals: Stage['refusals'] = [];
  const changes: Stage['changes'] = [];
  const broker = await startEmbeddedBroker({
    host: '127.0.0.1',
    port: 0,
    identity: await scene.authority.serverIdentity(['localhost', '127.0.0.1']),
    authority: scene.authority.certificate,
    authorize: scene.authorize,
    onRefusal: (refusal) => refusals.push(refusal),
    clock: nodeClock,
    log: quietLog,
    limits,
  });
  broker.onConnection((device, connected) => changes.push([device, connected]));
  return {
    scene,
    broker,
    refusals,
    changes,
    async [Symbol.asyncDispose]() {
      await broker.close();
      scene[Symbol.dispose]();
    },
  };
}

/** An MQTT client that does not come back by itself. */
function client(stage: Stage, device: TestDevice, options: object = {}): Promise<MqttClient> {
  return connectAsync(`mqtts://localhost:${stage.broker.port}`, {
    protocolVersion: 4,
    reconnectPeriod: 0,
    connectTimeout: 5000,
    ca: stage.scene.authority.certificate,
    key: device.key,
    cert: device.certificate,
    ...options,
  });
}

function ended(connection: MqttClient): Promise<void> {
  return new Promise((resolve) => connection.once('close', () => resolve()));
}

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

const own = (name: string, rest: string) => `$aws/things/${name}/shadow/name/fleet/${rest}`;

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
  await connection.endAsync();
  while (stage.changes.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  t.deepEqual(stage.changes, [
    ['buoy-1', true],
    ['buoy-1', false],
  ]);
  t.deepEqual(stage.refusals, []);
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
    clock: nodeClock,
    log: quietLog,
  });
  const heard: string[] = [];
  await broker.subscribe(own('+', 'update/delta'), ({ topic }) => heard.push(topic));
  await broker.publish(own('buoy-1', 'update/delta'), new Uint8Array());
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

test('a device that git no longer names is cut off at the next revision, the others stay', async (t) => {
  await using stage = await open();
  const [first, second] = [await stage.scene.device('buoy-1'), await stage.scene.device('buoy-2')];
  const [leaving, staying] = [await client(stage, first), await client(stage, second)];
  await refused(t, stage, leaving, 'DEVICE_UNKNOWN', () => {
    stage.scene.named.delete('buoy-1');
    stage.broker.reauthorize();
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
