/** Orders of parcels as messages: what comes out is what went in, or nothing. */
import { deflateRawSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { isParcelOrder, orderMessage, packOrder, readOrderMessage, unpackOrder } from '../../schemas/parcel-order.ts';

const request = {
  has: ['1.root.json', '41.timestamp.json', '7.snapshot.json', '2.targets.json', '5.crane-ui.json'],
  releases: ['crane-ui/1.2.0'],
  bases: ['0123abcd'],
};

test('an order comes out as it went in, in a few bytes, and is told from what is JSON', (t) => {
  const message = orderMessage({ token: 0xfedc_ba98, body: packOrder(request) });
  t.true(message.length < 90, `${message.length}`);
  t.true(isParcelOrder(message));
  const order = readOrderMessage(message)!;
  t.is(order.token, 0xfedc_ba98);
  t.deepEqual(unpackOrder(order.body), request);
  for (const text of ['{"clientToken":"a"}', ' {}', ''])
    t.false(isParcelOrder(Buffer.from(text)) || readOrderMessage(Buffer.from(text)) !== undefined);
});

test('whatever bytes come, they are an order that may be asked or none', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const order = unpackOrder(bytes);
      t.true(order === undefined || Array.isArray(order.has));
    }),
  );
});

test('an order that is too long, or unpacks to more than is read, is none', (t) => {
  t.false(isParcelOrder(orderMessage({ token: 1, body: new Uint8Array(8 * 1024) })));
  const long = JSON.stringify({ ...request, note: ' '.repeat(64 * 1024) });
  t.is(unpackOrder(deflateRawSync(long)), undefined);
});
