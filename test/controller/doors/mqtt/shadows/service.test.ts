import test from 'ava';
import { type ControllerStore, openStore } from '../../../../../controller/devices/sqlite-store.ts';
import { createShadowService } from '../../../../../controller/doors/mqtt/shadows/service.ts';
import { shadowStore } from '../../../../../controller/doors/mqtt/shadows/shadow-store.ts';
import { nodeClock } from '../../../../../platform/node/clock.ts';
import type { BusMessage, MessageBus } from '../../../../../platform/ports.ts';
import { quietLog } from '../../scene.ts';

/** A bus inside the test: what is published is recorded, and looks at the store at that moment. */
function openBus(onPublish: (topic: string, body: Record<string, unknown>) => void = () => {}) {
  const handlers: ((message: BusMessage) => void)[] = [];
  const published: { topic: string; body: Record<string, unknown> }[] = [];
  let away = false;
  const bus: MessageBus = {
    async publish(topic, payload) {
      const body = JSON.parse(new TextDecoder().decode(payload));
      onPublish(topic, body);
      published.push({ topic: topic.split('/fleet/')[1]!, body });
      if (away) throw new Error('away');
    },
    async subscribe(_filter, handler) {
      if (handlers.length === 0) handlers.push(handler);
    },
    async close() {},
  };
  const send = (device: string, operation: string, body: unknown) => {
    const payload = new TextEncoder().encode(JSON.stringify(body));
    for (const handler of handlers) handler({ topic: `$aws/things/${device}/shadow/name/fleet/${operation}`, payload });
  };
  const setAway = (value: boolean) => {
    away = value;
  };
  return { bus, published, send, setAway };
}

async function start(store: ControllerStore, bus: MessageBus, onHeard: () => void = () => {}) {
  const heard: unknown[] = [];
  const contacts: unknown[] = [];
  const refusals: unknown[] = [];
  const shadows = createShadowService({
    bus,
    values: store.values,
    clock: nodeClock,
    log: quietLog,
    knowsDevice: (device) => device === 'buoy-1',
    onRefusal: ({ device, code }) => refusals.push({ device, code }),
  });
  await shadows.start({
    onReported(device, reported) {
      heard.push({ device, reported });
      onHeard();
    },
    onContact: (device, connected) => contacts.push({ device, connected }),
  });
  return { shadows, heard, contacts, refusals };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('a change is in the store before anybody is told that it was accepted', async (t) => {
  using store = openStore(':memory:');
  const { bus, send, published } = openBus((_topic, body) => {
    t.deepEqual(shadowStore(store.values).load('buoy-1').version, body.version ?? 1);
  });
  const { heard } = await start(store, bus);
  send('buoy-1', 'update', { state: { reported: { counter: 1 } } });
  t.deepEqual(
    published.map(({ topic }) => topic),
    ['update/accepted', 'update/documents'],
  );
  t.deepEqual(heard, [{ device: 'buoy-1', reported: { counter: 1 } }]);
});

test('a report that could not be taken in is neither kept nor accepted, so that the device sends it again', async (t) => {
  using store = openStore(':memory:');
  const { bus, send, published } = openBus();
  let full = true;
  await start(store, bus, () => {
    store.devices.recordContact('buoy-1', 1, true);
    if (full) throw new Error('the disk is full');
  });
  send('buoy-1', 'update', { state: { reported: { counter: 1 } } });
  t.deepEqual(published, []);
  t.deepEqual(store.values.keys('shadows'), []);
  t.deepEqual(store.devices.names(), []);
  full = false;
  send('buoy-1', 'update', { state: { reported: { counter: 1 } } });
  t.is(published[0]?.topic, 'update/accepted');
  t.is(shadowStore(store.values).load('buoy-1').version, 1);
});

test('setDesired says nothing when nothing changes, and takes away what is not wanted any more', async (t) => {
  using store = openStore(':memory:');
  const { bus, published } = openBus();
  const { shadows } = await start(store, bus);
  await shadows.setDesired('buoy-1', { sequence: 1, envelope: 'e' });
  await shadows.setDesired('buoy-1', { sequence: 1, envelope: 'e' });
  t.is(published.length, 3);
  await shadows.setDesired('buoy-1', { sequence: 2, blob: { sha256: 's', length: 1 } });
  const { state } = shadowStore(store.values).load('buoy-1');
  t.deepEqual(state.desired, { sequence: 2, blob: { sha256: 's', length: 1 } });
});

test('what was stored but not published is published after a restart, once', async (t) => {
  using store = openStore(':memory:');
  const first = openBus();
  first.setAway(true);
  const before = await start(store, first.bus);
  await before.shadows.setDesired('buoy-1', { sequence: 1 });
  await settled();
  first.send('buoy-1', 'update', { state: { reported: { counter: 1 } } });
  await before.shadows.stop();

  const second = openBus();
  await start(store, second.bus);
  await settled();
  t.deepEqual(
    second.published.map(({ topic, body }) => [topic, body.state]),
    [['update/delta', { sequence: 1 }]],
  );

  const third = openBus();
  await start(store, third.bus);
  await settled();
  t.deepEqual(third.published, []);
});

test('a device that git does not name is answered 404, seen as a contact and refused, and leaves nothing in the store', async (t) => {
  using store = openStore(':memory:');
  const { bus, send, published } = openBus();
  const { heard, contacts, refusals } = await start(store, bus);
  send('stranger', 'update', { state: { reported: { counter: 1 } } });
  t.like(published[0]?.body, { code: 404, message: 'Thing not found' });
  t.deepEqual(heard, []);
  t.deepEqual(contacts, [{ device: 'stranger', connected: undefined }]);
  t.deepEqual(refusals, [{ device: 'stranger', code: 'DEVICE_UNKNOWN' }]);
  t.deepEqual(store.values.keys('shadows'), []);
});

test('a device that fills its shadow with its report still gets its deployments', async (t) => {
  using store = openStore(':memory:');
  const { bus, send } = openBus();
  const { shadows } = await start(store, bus);
  send('buoy-1', 'update', { state: { reported: { text: 'x'.repeat(8000) } } });
  await shadows.setDesired('buoy-1', { sequence: 1, envelope: 'e'.repeat(4096) });
  t.deepEqual(shadowStore(store.values).load('buoy-1').state, { desired: { sequence: 1, envelope: 'e'.repeat(4096) } });
});

test('remove() deletes the shadow, and says so to the device once', async (t) => {
  using store = openStore(':memory:');
  const { bus, published } = openBus();
  const { shadows } = await start(store, bus);
  await shadows.setDesired('buoy-1', { sequence: 1 });
  await shadows.remove('buoy-1');
  await shadows.remove('buoy-1');
  t.is(published.filter(({ topic }) => topic === 'delete/accepted').length, 1);
  t.true(shadowStore(store.values).load('buoy-1').deleted);
});
