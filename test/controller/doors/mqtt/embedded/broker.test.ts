/** The embedded broker over real sockets: what devices, subscribers and the controller hear of each other. */
import { TLSSocket } from 'node:tls';
import test from 'ava';
import { EmbeddedBroker } from '../../../../../controller/doors/mqtt/embedded/broker.ts';
import { say } from '../../../../../controller/doors/mqtt/shadow-door.ts';
import { nodeClock } from '../../../../../platform/node/clock.ts';
import type { BusMessage } from '../../../../../platform/ports.ts';
import { quietGuard, quietLog, Scene } from '../../scene.ts';
import { client, ended, open, own, until } from './stage.ts';

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
