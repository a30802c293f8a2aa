/** The external broker as a bus: it may go away and come back, and keeps devices apart as the embedded one does. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Aedes } from 'aedes';
import test, { type ExecutionContext } from 'ava';
import { connectAsync, type MqttClient } from 'mqtt';
import { connectExternalBroker } from '../../../../../controller/doors/mqtt/external/bus.ts';
import { nodeClock } from '../../../../../platform/node/clock.ts';
import { freePort } from '../../../../../platform/node/free-port.ts';
import type { BusMessage, Clock } from '../../../../../platform/ports.ts';
import { quietLog, Scene, type TestDevice } from '../../scene.ts';
import { mosquitto, startMosquitto } from '../mosquitto.ts';

test('a broker that is away is said once, whatever the number of attempts', async (t) => {
  const lines: string[] = [];
  const attempts = Promise.withResolvers<void>();
  let tries = 0;
  const port = await freePort();
  const bus = connectExternalBroker({
    url: `mqtt://127.0.0.1:${port}`,
    clientId: 'fleet-controller',
    clock: nodeClock,
    log: {
      write: (level, event) => {
        if (level !== 'debug') lines.push(event);
        else if (event === 'broker.away') tries += 1;
        if (tries === 3) attempts.resolve();
      },
    },
  });
  await attempts.promise;
  t.like(bus.status(), { state: 'unreachable', address: `127.0.0.1:${port}` });
  t.regex(bus.status().message ?? '', /ECONNREFUSED/);
  await bus.close();
  t.deepEqual(lines, ['broker.failed']);
});

/** A broker without TLS on a free port that grants what `grants` says, and ends the connection of who says what `bears` does not. */
async function plainBroker(
  grants: (filter: string) => boolean | 'silent',
  host = '127.0.0.1',
  bears = (_topic: string) => true,
) {
  const broker = await Aedes.createBroker({
    authorizePublish: (_, { topic }, done) => {
      // What nobody decides upon is never acknowledged.
      if (topic !== 'mute') done(bears(topic) ? null : new Error('not allowed'));
    },
    authorizeSubscribe: (_, subscription, done) => {
      const verdict = grants(subscription.topic);
      if (verdict !== 'silent') done(null, verdict ? subscription : null);
    },
  });
  const server = createServer((socket) => broker.handle(socket)).listen(0, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      server.close();
    },
  };
}

/** A clock whose timers wait for the test, by how long they would run. */
function heldTimers() {
  const timers = new Map<number, PromiseWithResolvers<() => void>>();
  const of = (delayMs: number) => {
    const timer = timers.get(delayMs) ?? Promise.withResolvers<() => void>();
    timers.set(delayMs, timer);
    return timer;
  };
  const clock: Clock = {
    ...nodeClock,
    after: (delayMs, callback) => {
      of(delayMs).resolve(callback);
      return { [Symbol.dispose]: () => {} };
    },
  };
  return { clock, timer: (delayMs: number) => of(delayMs).promise };
}

const answerMsMax = 30_000;
const againMs = 10_000;

test('a broker that never answers a subscription is not one that is reached, and it is asked again', async (t) => {
  let isSilent = true;
  const broker = await plainBroker(() => (isSilent ? 'silent' : true));
  const { clock, timer } = heldTimers();
  const bus = connectExternalBroker({
    ...{ url: `mqtt://127.0.0.1:${broker.port}`, clientId: 'fleet-controller', clock, log: quietLog },
  });
  await bus.subscribe('needed', () => {});
  const giveUp = await timer(answerMsMax);
  giveUp();
  const askAgain = await timer(againMs);
  t.is(bus.status().state, 'refusing');
  t.regex(bus.status().message ?? '', /the subscription to needed \(no SUBACK for 30 s\)/);
  isSilent = false;
  askAgain();
  await bus.ready();
  t.is(bus.status().state, 'reached');
  await bus.close();
  await broker.close();
});

test('a broker that refuses a subscription is not one that is reached, and it is asked again', async (t) => {
  let isAllowed = false;
  const broker = await plainBroker((filter) => isAllowed || filter === 'granted');
  const { clock, timer } = heldTimers();
  const bus = connectExternalBroker({
    ...{ url: `mqtt://127.0.0.1:${broker.port}`, clientId: 'fleet-controller', clock, log: quietLog },
  });
  let isReady = false;
  void bus.ready().then(() => {
    isReady = true;
  });
  await bus.subscribe('granted', () => {});
  await bus.subscribe('needed', () => {});
  const askAgain = await timer(againMs);
  t.is(bus.status().state, 'refusing');
  t.regex(bus.status().message ?? '', /refuses the subscription to needed/);
  t.false(isReady);
  isAllowed = true;
  askAgain();
  await bus.ready();
  t.like(bus.status(), { state: 'reached', message: undefined });
  await bus.close();
  await broker.close();
});

test('what makes a broker end the connection is not sent again by itself, and the broker that drops is told of once', async (t) => {
  const heard: string[] = [];
  const bears = (topic: string) => {
    heard.push(topic);
    return topic !== 'unbearable';
  };
  const broker = await plainBroker(() => true, '127.0.0.1', bears);
  const told: string[] = [];
  const timers: (() => void)[] = [];
  const clock: Clock = {
    ...nodeClock,
    after: (_, callback) => {
      timers.push(callback);
      return { [Symbol.dispose]: () => {} };
    },
  };
  const bus = connectExternalBroker({
    ...{ url: `mqtt://127.0.0.1:${broker.port}`, clientId: 'fleet-controller', clock },
    log: { write: (level, event) => level !== 'debug' && told.push(event) },
  });
  const say = (topic: string) => bus.publish(topic, new Uint8Array(1));
  for (let round = 0; round < 2; round += 1) {
    await bus.subscribe('answers', () => {});
    await bus.ready();
    await t.throwsAsync(say('unbearable'), { code: 'CUT' });
    while (bus.status().state === 'reached') await new Promise((resolve) => setTimeout(resolve, 10));
    await bus.ready();
    await say('bearable');
  }
  t.deepEqual(heard, ['unbearable', 'bearable', 'unbearable', 'bearable']);
  t.deepEqual(told, ['broker.reached', 'broker.failed'], 'connections that do not last are no news');
  const mute = say('mute');
  timers.at(-1)!();
  await t.throwsAsync(mute, { code: 'SILENT' });
  await bus.close();
  await broker.close();
});

test('a broker is found at an IPv6 address', async (t) => {
  const broker = await plainBroker(() => true, '::1');
  const bus = connectExternalBroker({
    ...{ url: `mqtt://[::1]:${broker.port}`, clientId: 'fleet-controller', clock: nodeClock, log: quietLog },
  });
  await bus.ready();
  t.is(bus.status().address, `[::1]:${broker.port}`);
  await bus.close();
  await broker.close();
});

const own = (name: string, rest: string) => `$aws/things/${name}/shadow/name/fleet/${rest}`;

interface Stage {
  readonly scene: Scene;
  readonly port: number;
  readonly bus: ReturnType<typeof connectExternalBroker>;
  readonly heard: BusMessage[];
}

async function withBus(work: (stage: Stage) => Promise<void>): Promise<void> {
  using scene = await Scene.open();
  const port = await freePort();
  const bus = connectExternalBroker({
    url: `mqtts://localhost:${port}`,
    authority: scene.authority.certificate,
    identity: await scene.authority.serverIdentity(['localhost', '127.0.0.1']),
    clientId: 'fleet-controller',
    clock: nodeClock,
    log: quietLog,
  });
  const heard: BusMessage[] = [];
  await bus.subscribe(own('+', 'update'), (message) => heard.push(message));
  try {
    await work({ scene, port, bus, heard });
  } finally {
    await bus.close();
  }
}

function client({ scene, port }: Stage, device: TestDevice): Promise<MqttClient> {
  return connectAsync(`mqtts://localhost:${port}`, {
    protocolVersion: 4,
    reconnectPeriod: 0,
    ca: scene.authority.certificate,
    key: device.key,
    cert: device.certificate,
  });
}

async function comesBack(t: ExecutionContext, stage: Stage): Promise<void> {
  const device = await stage.scene.device('buoy-1');
  const first = await startMosquitto(stage.scene, stage.port);
  await stage.bus.ready();
  await first.stop();
  while (stage.bus.status().state !== 'unreachable') await new Promise((resolve) => setTimeout(resolve, 10));
  const say = () => stage.bus.publish(own('buoy-1', 'update/delta'), new TextEncoder().encode('later'));
  await t.throwsAsync(say(), { code: 'AWAY' }, 'who owes it says it again');
  const second = await startMosquitto(stage.scene, stage.port);
  try {
    await stage.bus.ready();
    await say();
    const connection = await client(stage, device);
    await connection.publishAsync(own('buoy-1', 'update'), '{}', { qos: 1 });
    while (stage.heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    t.is(stage.heard[0]?.topic, own('buoy-1', 'update'));
    await connection.endAsync();
  } finally {
    await second.stop();
  }
}

async function keepsApart(t: ExecutionContext, stage: Stage): Promise<void> {
  const [one, two] = [await stage.scene.device('buoy-1'), await stage.scene.device('buoy-2')];
  const broker = await startMosquitto(stage.scene, stage.port);
  await stage.bus.ready();
  const [intruder, victim] = [await client(stage, one), await client(stage, two)];
  const seen: string[] = [];
  for (const connection of [intruder, victim]) {
    connection.on('message', (topic, payload) => seen.push(`${topic.split('/fleet/')[1]} ${payload}`));
  }
  await victim.subscribeAsync(own('buoy-2', 'update/delta'), { qos: 1 });
  await intruder.subscribeAsync([own('buoy-2', 'update/delta'), '$aws/#'], { qos: 1 }).catch(() => {});
  await intruder.publishAsync(own('buoy-2', 'update'), 'forged request', { qos: 1 });
  await intruder.publishAsync(own('buoy-2', 'update/delta'), 'forged answer', { qos: 1 });
  await intruder.publishAsync(own('buoy-1', 'update/delta'), 'forged own answer', { qos: 1 });
  await stage.bus.publish(own('buoy-2', 'update/delta'), new TextEncoder().encode('for buoy-2'));
  while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  t.deepEqual(seen, ['update/delta for buoy-2'], 'heard once, by the device it was for');
  t.deepEqual(stage.heard, []);
  await Promise.all([intruder.endAsync(), victim.endAsync()]);
  await broker.stop();
}

/** Asks the own shadow something and waits until the controller has heard it, or something that was said after it. */
async function isHeard(stage: Stage, connection: MqttClient, device: string, witness: MqttClient): Promise<boolean> {
  const mark = `{"clientToken":"${stage.heard.length}"}`;
  await connection.publishAsync(own(device, 'update'), mark, { qos: 1 });
  await witness.publishAsync(own('witness', 'update'), mark, { qos: 1 });
  const said = () => stage.heard.filter(({ payload }) => Buffer.from(payload).toString() === mark);
  while (!said().some(({ topic }) => topic === own('witness', 'update')))
    await new Promise((resolve) => setTimeout(resolve, 10));
  return said().some(({ topic }) => topic === own(device, 'update'));
}

async function forgetsWhomGitForgets(t: ExecutionContext, stage: Stage): Promise<void> {
  const { scene } = stage;
  const [lost, stolen] = [await scene.device('buoy-1'), await scene.device('buoy-2')];
  const witness = await scene.device('witness');
  const broker = await startMosquitto(scene, stage.port);
  await stage.bus.ready();
  const [first, second, seer] = [await client(stage, lost), await client(stage, stolen), await client(stage, witness)];
  t.true(await isHeard(stage, first, 'buoy-1', seer));
  t.true(await isHeard(stage, second, 'buoy-2', seer));
  // Git names one of them no more, and another key for the other; both certificates are good for weeks.
  scene.named.delete('buoy-1');
  const fresh = await scene.device('buoy-2');
  const newcomer = await scene.device('buoy-3');
  broker.site.admit(scene.devices());
  while (await isHeard(stage, first, 'buoy-1', seer)) await new Promise((resolve) => setTimeout(resolve, 10));
  t.false(await isHeard(stage, second, 'buoy-2', seer), 'an open connection is forgotten too');
  const again = [await client(stage, lost), await client(stage, stolen)];
  t.false(await isHeard(stage, again[0]!, 'buoy-1', seer));
  t.false(await isHeard(stage, again[1]!, 'buoy-2', seer));
  const [replaced, added] = [await client(stage, fresh), await client(stage, newcomer)];
  t.true(await isHeard(stage, replaced, 'buoy-2', seer));
  t.true(await isHeard(stage, added, 'buoy-3', seer), 'a new device needs no restart of the broker');
  const overheard: string[] = [];
  again[1]!.on('message', (_, payload) => overheard.push(String(payload)));
  await again[1]!.subscribeAsync(own('buoy-2', '#'), { qos: 1 }).catch(() => {});
  const told = new Promise((resolve) => replaced.on('message', resolve));
  await replaced.subscribeAsync(own('buoy-2', 'update/delta'), { qos: 1 });
  await stage.bus.publish(own('buoy-2', 'update/delta'), new TextEncoder().encode('for the new key'));
  await told;
  t.deepEqual(overheard, []);
  for (const connection of [first, second, seer, ...again, replaced, added]) connection.end(true);
  await broker.stop();
}

async function hearsAWholeFleet(t: ExecutionContext, stage: Stage): Promise<void> {
  const device = await stage.scene.device('buoy-1');
  const broker = await startMosquitto(stage.scene, stage.port);
  await stage.bus.ready();
  const connection = await client(stage, device);
  const reports = 2000;
  const said = Array.from({ length: reports }, () =>
    connection.publishAsync(own('buoy-1', 'update'), '{}', { qos: 1 }),
  );
  await Promise.all(said);
  for (let waits = 0; waits < 500 && stage.heard.length < reports; waits += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  t.is(stage.heard.length, reports);
  connection.end(true);
  await broker.stop();
}

async function showsARenewedCertificate(t: ExecutionContext, stage: Stage): Promise<void> {
  const broker = await startMosquitto(stage.scene, stage.port);
  await stage.bus.ready();
  const before = await serialOf(stage);
  // Another name makes the authority issue another one, as time does.
  await stage.scene.authority.serverIdentity(['localhost', '127.0.0.1', 'shore.example']);
  broker.site.renewIdentity();
  while ((await serialOf(stage)) === before) await new Promise((resolve) => setTimeout(resolve, 10));
  t.pass();
  await broker.stop();
}

async function connectsWithARenewedCertificate(t: ExecutionContext, stage: Stage): Promise<void> {
  await stage.bus.close();
  const broker = await startMosquitto(stage.scene, stage.port);
  using stranger = await Scene.open();
  const refused = Promise.withResolvers<void>();
  const bus = connectExternalBroker({
    url: `mqtts://localhost:${stage.port}`,
    authority: stage.scene.authority.certificate,
    identity: await stranger.authority.serverIdentity(['localhost']),
    clientId: 'fleet-controller',
    clock: nodeClock,
    log: { write: (_, event) => event === 'broker.failed' && refused.resolve() },
  });
  await refused.promise;
  bus.renewIdentity(await stage.scene.authority.serverIdentity(['localhost', '127.0.0.1']));
  await bus.ready();
  t.pass();
  await bus.close();
  await broker.stop();
}

/** Of the certificate that the broker shows. */
function serialOf({ scene, port }: Stage): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: 'localhost', port, ca: scene.authority.certificate }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

if (mosquitto === undefined) {
  test.skip('an external broker (SKIPPED: mosquitto is not installed)', (t) => t.pass());
} else {
  test('the bus finds a broker again that went away, and takes nothing to say meanwhile', (t) =>
    withBus((stage) => comesBack(t, stage)));
  test('Mosquitto with our access list keeps devices apart, and the controller is the only one who answers', (t) =>
    withBus((stage) => keepsApart(t, stage)));
  test('Mosquitto forgets a device that git forgets, and a key that git replaces, while they are connected', (t) =>
    withBus((stage) => forgetsWhomGitForgets(t, stage)));
  test('Mosquitto keeps for the controller what a whole fleet says at once', (t) =>
    withBus((stage) => hearsAWholeFleet(t, stage)));
  test('Mosquitto shows the renewed certificate of the controller without a restart', (t) =>
    withBus((stage) => showsARenewedCertificate(t, stage)));
  test('the bus connects with the certificate that was renewed last', (t) =>
    withBus((stage) => connectsWithARenewedCertificate(t, stage)));
}
