import test from 'ava';
import fc from 'fast-check';
import { packetGauge } from '../../../../../controller/doors/mqtt/embedded/packet-gauge.ts';
import { mayPublish, maySubscribe } from '../../../../../controller/doors/mqtt/embedded/permissions.ts';
import { rateLimit } from '../../../../../controller/doors/rate-limit.ts';

const own = '$aws/things/buoy-1/shadow/name/fleet/';

test('a device publishes requests to its own shadow, what its applications say, and nothing else', (t) => {
  for (const operation of ['get', 'update', 'delete']) t.true(mayPublish('buoy-1', own + operation));
  t.true(mayPublish('buoy-1', 'fleet/buoy-1/out'));
  for (const topic of [
    `${own}update/accepted`,
    `${own}update/rejected`,
    `${own}update/delta`,
    `${own}update/documents`,
    `${own}get/accepted`,
    own,
    '$aws/things/buoy-2/shadow/name/fleet/update',
    '$aws/things/buoy-10/shadow/name/fleet/update',
    '$aws/things/buoy-1/shadow/update',
    '$aws/things/buoy-1/shadow/name/other/update',
    'fleet/buoy-2/out',
    'fleet/buoy-1/taken',
    'fleet/messages/buoy-1/gauge/readings',
    'fleet/buoy-1/out/x',
    '$SYS/x',
    'anything',
  ]) {
    t.false(mayPublish('buoy-1', topic), topic);
  }
});

test('a device subscribes to answers of its own shadow and to its messages, and nothing else', (t) => {
  t.true(maySubscribe('buoy-1', 'fleet/buoy-1/taken'));
  for (const filter of ['#', 'get/+', 'update/+', 'delete/#', 'update/delta', 'update/accepted', 'get/rejected']) {
    t.true(maySubscribe('buoy-1', own + filter), filter);
  }
  for (const filter of [
    '#',
    '$aws/#',
    '$aws/things/+/shadow/name/fleet/update/delta',
    '$aws/things/buoy-2/shadow/name/fleet/update/delta',
    '$aws/things/buoy-1/#',
    '$aws/things/buoy-1/shadow/name/+/update/delta',
    `${own}update`,
    `${own}+/delta`,
    `${own}get/delta`,
    'fleet/buoy-2/taken',
    'fleet/buoy-1/out',
    'fleet/+/taken',
    'fleet/buoy-1/#',
    'fleet/messages/#',
    '$SYS/#',
  ]) {
    t.false(maySubscribe('buoy-1', filter), filter);
  }
});

test('a subscriber hears what applications say, says nothing, and hears nothing else', (t) => {
  const name = 'subscriber.dashboard';
  for (const filter of ['+/+/+', 'buoy-1/+/+', 'buoy-1/gauge/alarms', '+/gauge/+']) {
    t.true(maySubscribe(name, `fleet/messages/${filter}`), filter);
    t.false(maySubscribe('buoy-1', `fleet/messages/${filter}`), filter);
  }
  for (const filter of [
    '#',
    'fleet/#',
    'fleet/messages/#',
    'fleet/messages/+',
    'fleet/+/out',
    'fleet/messages/+/+/+/+',
  ]) {
    t.false(maySubscribe(name, filter), filter);
  }
  for (const topic of [`fleet/${name}/out`, 'fleet/messages/a/b/c', `$aws/things/${name}/shadow/name/fleet/get`]) {
    t.false(mayPublish(name, topic), topic);
  }
});

/** A packet as it is on the wire: type, remaining length, that many bytes. */
function packet(length: number): Buffer {
  const header = [0x30];
  let rest = length;
  do {
    header.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.concat([Buffer.from(header), Buffer.alloc(length, 0xff)]);
}

test('the gauge counts packets up to its limit and lets not one byte more pass, however they are cut', (t) => {
  const lengths = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 6 });
  fc.assert(
    fc.property(lengths, fc.integer({ min: 2, max: 400 }), fc.integer({ min: 1, max: 50 }), (sizes, limit, step) => {
      const packets = sizes.map(packet);
      const stream = Buffer.concat(packets);
      const gauge = packetGauge(limit);
      let counted: number | undefined = 0;
      for (let at = 0; at < stream.length; at += step) {
        const begun = gauge.read(stream.subarray(at, at + step));
        counted = begun === undefined || counted === undefined ? undefined : counted + begun;
      }
      t.is(counted, packets.every((bytes) => bytes.length <= limit) ? packets.length : undefined);
    }),
  );
});

test('the gauge counts the header', (t) => {
  t.is(packet(997).length, 1000);
  t.is(packetGauge(1000).read(packet(997)), 1);
  t.is(packetGauge(1000).read(packet(998)), undefined);
});

test('the gauge refuses a long packet when it is announced, and a length of five bytes', (t) => {
  t.is(packetGauge(1000).read(packet(2000).subarray(0, 3)), undefined);
  t.is(packetGauge(1000).read(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80])), undefined);
});

test('the rate limit lets a burst pass, then its rate', (t) => {
  let now = 0;
  const limit = rateLimit(2, 5, () => now);
  t.is([...Array(10)].filter(() => limit.take()).length, 5);
  now += 1000;
  t.is([...Array(10)].filter(() => limit.take()).length, 2);
  now += 60_000;
  t.is([...Array(10)].filter(() => limit.take()).length, 5);
});
