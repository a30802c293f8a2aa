import test from 'ava';
import { ParcelDoor } from '../../../../controller/doors/mqtt/parcel-door.ts';
import { openShadowDoor } from '../../../../controller/doors/mqtt/shadow-door.ts';
import { BusError, type BusMessage } from '../../../../platform/ports.ts';
import { SimTime } from '../../../../platform/simulated/clock.ts';
import { orderMessage, packOrder, readOrderMessage, sessionParcelBytesMax } from '../../../../schemas/parcel-order.ts';
import { quietGuard } from '../scene.ts';

const request = { has: ['1.root.json'], releases: ['gauge/1.0.0'], bases: [] };
const order = (token: number): Uint8Array => orderMessage({ token, body: packOrder(request) });

/** Behind the door of shadows, as it is in a controller. */
async function open(fill: () => Promise<Uint8Array | undefined>, isRefusing = false) {
  const time = new SimTime(0);
  const said: { readonly topic: string; readonly token: number; readonly bytes: number }[] = [];
  const requests: string[] = [];
  const door = new ParcelDoor({
    ...{ clock: time.clock({ alive: true }), knows: (device) => device !== 'stranger', fill },
    say: async ({ topic, payload }) => {
      const { token, body } = readOrderMessage(payload)!;
      said.push({ topic: topic.replace('/shadow/name/fleet/', ' '), token, bytes: body.length });
      if (isRefusing) throw new BusError('AWAY', 'there is no broker');
    },
  });
  const handlers = new Map<string, (message: BusMessage) => void>();
  await openShadowDoor({
    bus: {
      subscribe: async (filter, handler) => void handlers.set(filter.replace(/.*\//, ''), handler),
      publish: async () => {},
      close: async () => {},
    },
    guard: quietGuard,
    take: ({ device, operation }) => requests.push(`${device} ${operation}`),
    order: door.receive,
  });
  const hear = async (device: string, payload: Uint8Array, operation = 'get'): Promise<void> => {
    handlers.get(operation)!({ topic: `$aws/things/${device}/shadow/name/fleet/${operation}`, payload });
    await time.runUntil(time.now);
  };
  return { time, said, requests, hear };
}

test('an order is answered to its device under its token; what is a request to the shadow goes on to it', async (t) => {
  const { said, requests, hear } = await open(async () => new Uint8Array(700));
  await hear('buoy', order(7));
  await hear('buoy', Buffer.from('{}'));
  await hear('buoy', order(8), 'update');
  t.deepEqual(said, [{ topic: '$aws/things/buoy get/accepted', token: 7, bytes: 700 }]);
  t.deepEqual(requests, ['buoy get', 'buoy update']);
});

test('a parcel that is too long, or whose files can not be read, does not come this way, and its device hears so', async (t) => {
  const parcels = [new Uint8Array(sessionParcelBytesMax + 1), undefined, new Uint8Array(sessionParcelBytesMax)];
  const { said, hear } = await open(async () => parcels.shift());
  for (const token of [1, 2, 3]) await hear('buoy', order(token));
  t.deepEqual(
    said.map(({ bytes }) => bytes),
    [0, 0, sessionParcelBytesMax],
  );
});

test('nothing is filled for who is unknown, asks for nothing that is known or asks again and again', async (t) => {
  const { time, said, hear } = await open(async () => new Uint8Array(1));
  await hear('stranger', order(1));
  await hear('buoy', orderMessage({ token: 1, body: Buffer.from('no order') }));
  t.is(said.length, 0);
  for (let token = 0; token < 50; token += 1) await hear('crane', order(token));
  t.is(said.length, 10);
  await time.runUntil(10_000);
  await hear('crane', order(50));
  t.is(said.length, 11);
});

test('so many are filled at once; who comes on top hears that it does not come this way, and the next has room again', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { time, said, hear } = await open(() => promise.then(() => new Uint8Array(1)));
  for (let device = 0; device < 33; device += 1) await hear(`buoy-${device}`, order(1));
  t.deepEqual(
    said.map(({ topic, bytes }) => [topic, bytes]),
    [['$aws/things/buoy-32 get/accepted', 0]],
  );
  resolve();
  await time.runUntil(time.now);
  await hear('buoy-33', order(1));
  t.is(said.filter(({ bytes }) => bytes === 1).length, 33);
});

test('an answer that the broker does not take is no fault of the order', async (t) => {
  const { said, hear } = await open(async () => new Uint8Array(1), true);
  await t.notThrowsAsync(() => hear('buoy', order(1)));
  t.is(said.length, 1);
});
