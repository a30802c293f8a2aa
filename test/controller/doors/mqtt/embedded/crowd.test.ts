/** Many at once, and one that does not read: nobody waits for another, and nothing is lost. */
import test from 'ava';
import type { MqttClient } from 'mqtt';
import type { TestDevice } from '../../scene.ts';
import { client, ended, open, own, type Stage, until } from './stage.ts';

const bytes = (length: number) => new Uint8Array(length).fill(0x78);

test('20,000 messages at once are all heard, in order, while deliveries to a device are under way', async (t) => {
  await using stage = await open();
  const device = await stage.scene.device('buoy-1');
  const heard: number[] = [];
  await stage.broker.subscribe(own('+', 'update'), ({ payload }) =>
    heard.push(Number(Buffer.from(payload).toString())),
  );
  const connection = await client(stage, device);
  let answers = 0;
  connection.on('message', () => {
    answers += 1;
  });
  await connection.subscribeAsync(own('buoy-1', 'update/+'), { qos: 1 });
  const answered = Array.from({ length: 150 }, () => stage.broker.publish(own('buoy-1', 'update/accepted'), bytes(10)));
  const asked = Array.from({ length: 20_000 }, (_, n) =>
    stage.broker.publish(own('buoy-2', 'update'), Buffer.from(`${n}`)),
  );
  await Promise.all([...answered, ...asked]);
  await until(() => heard.length === 20_000 && answers === 150);
  t.true(heard.every((value, n) => value === n));
  await connection.endAsync();
});

/** Connects, subscribes and never reads again. */
async function silentReader(stage: Stage, device: TestDevice): Promise<MqttClient> {
  const connection = await client(stage, device, { keepalive: 600 });
  connection.on('error', () => {});
  await connection.subscribeAsync(own(device.name, '#'), { qos: 0 });
  connection.stream.unpipe();
  connection.stream.pause();
  return connection;
}

/** Tells a device more than any system's socket holds, without waiting for it. */
function flood(stage: Stage, device: string): void {
  // What is left when the test is over is said to nobody.
  for (let n = 0; n < 2000; n += 1)
    stage.broker.publish(own(device, 'update/documents'), bytes(16_000)).catch(() => {});
}

test('nobody waits for one that does not read, cut off or not', async (t) => {
  await using stage = await open({ queuedBytesMax: 1e9, stalledMs: 600_000 });
  const [bad, good] = [await stage.scene.device('bad'), await stage.scene.device('good')];
  const reader = await silentReader(stage, bad);
  const connection = await client(stage, good);
  await connection.subscribeAsync(own('good', 'get/accepted'), { qos: 1 });
  flood(stage, 'bad');
  const answer = new Promise((resolve) => connection.once('message', resolve));
  await stage.broker.publish(own('good', 'get/accepted'), bytes(10));
  await answer;
  t.deepEqual(stage.refusals, []);
  reader.stream.destroy();
  await connection.endAsync();
});

test('a device that asks and never reads is cut off by what waits for it, and it is said', async (t) => {
  await using stage = await open({ stalledMs: 600_000 });
  const reader = await silentReader(stage, await stage.scene.device('bad'));
  flood(stage, 'bad');
  await until(() => stage.refusals.length > 0 && stage.changes.length === 2);
  t.deepEqual(
    stage.refusals.map(({ code, device }) => [code, device]),
    [['READER_TOO_SLOW', 'bad']],
  );
  reader.stream.destroy();
});

test('a device that takes nothing of what waits for it is cut off after a while, and it is said', async (t) => {
  await using stage = await open({ queuedBytesMax: 1e9, stalledMs: 300 });
  const bad = await stage.scene.device('bad');
  const reader = await silentReader(stage, bad);
  flood(stage, 'bad');
  await until(() => stage.refusals.length > 0 && stage.changes.length === 2);
  t.deepEqual(
    stage.refusals.map(({ code, device }) => [code, device]),
    [['READER_TOO_SLOW', 'bad']],
  );
  reader.stream.destroy();
});

test('a device that sends endless packets of other kinds is cut off too', async (t) => {
  await using stage = await open({ packetsPerSecond: 1, packetsBurst: 20 });
  const device = await stage.scene.device('buoy-1');
  const connection = await client(stage, device);
  connection.on('error', () => {});
  const closed = ended(connection);
  const ping = Buffer.from([0xc0, 0]);
  for (let n = 0; n < 30; n += 1) connection.stream.write(ping);
  await closed;
  t.deepEqual(
    stage.refusals.map(({ code }) => code),
    ['RATE_LIMITED'],
  );
});
