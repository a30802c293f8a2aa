/** The external broker as a bus: it may go away and come back, and keeps devices apart as the embedded one does. */
import test, { type ExecutionContext } from 'ava';
import { connectAsync, type MqttClient } from 'mqtt';
import { connectExternalBroker, topicMatches } from '../../../../controller/transport/external-broker/bus.ts';
import type { BusMessage, Log } from '../../../../platform/ports.ts';
import { freePort, mosquitto, startMosquitto } from '../mosquitto.ts';
import { quietLog, Scene, type TestDevice } from '../scene.ts';

test('filters match topics as MQTT has it', (t) => {
  const cases: [string, string, boolean][] = [
    ['a/b', 'a/b', true],
    ['a/+', 'a/b', true],
    ['a/+', 'a/b/c', false],
    ['a/+/c', 'a/b/c', true],
    ['a/#', 'a/b/c', true],
    ['a/#', 'a', true],
    ['a/b/c', 'a/b', false],
    ['#', '$aws/a', false],
    ['+/a', '$aws/a', false],
    ['$aws/+/get', '$aws/x/get', true],
  ];
  for (const [filter, topic, expected] of cases) t.is(topicMatches(filter, topic), expected, `${filter} ${topic}`);
});

test('a broker that is down is complained of once, however often it is tried', async (t) => {
  const port = await freePort();
  const levels: string[] = [];
  const thrice = Promise.withResolvers<void>();
  const log: Log = {
    write: (level, event) => {
      if (event === 'broker.failed') levels.push(level);
      if (levels.length === 3) thrice.resolve();
    },
  };
  const bus = connectExternalBroker({ url: `mqtt://127.0.0.1:${port}`, clientId: 'fleet-controller', log });
  await thrice.promise;
  await bus.close();
  t.deepEqual(levels.slice(0, 3), ['warn', 'debug', 'debug']);
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
  // Said while there is no broker: it waits in the bus.
  const said = stage.bus.publish(own('buoy-1', 'update/delta'), new TextEncoder().encode('later'));
  const second = await startMosquitto(stage.scene, stage.port);
  try {
    await said;
    await stage.bus.ready();
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
  const broker = await startMosquitto(stage.scene, stage.port);
  await stage.bus.ready();
  const [one, two] = [await stage.scene.device('buoy-1'), await stage.scene.device('buoy-2')];
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

if (mosquitto === undefined) {
  test.skip('an external broker (SKIPPED: mosquitto is not installed)', (t) => t.pass());
} else {
  test('the bus finds a broker again that went away, with what it had to say and to hear', (t) =>
    withBus((stage) => comesBack(t, stage)));
  test('Mosquitto with our access list keeps devices apart, and the controller is the only one who answers', (t) =>
    withBus((stage) => keepsApart(t, stage)));
}
