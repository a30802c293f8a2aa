import test from 'ava';
import fc from 'fast-check';
import { SimRandom } from '../../platform/simulated/random.ts';
import { proveMessages, signMessages } from '../../schemas/carried-messages.ts';
import { isCarriedMessages } from '../../schemas/generated/validators/carried-messages.js';
import { drawKey } from '../sim/sim-key.ts';

const { pem, fingerprint } = drawKey(new SimRandom(1));
const at = '2026-03-10T00:00:00.000Z';
const packed = new SimRandom(2).bytes(300);
const carried = signMessages({ device: 'anna', at, follows: { segment: 1, index: 7 }, packed }, pem);

test('carried messages are what their device signed, and say whose key that was', (t) => {
  t.true(isCarriedMessages(carried));
  t.deepEqual(proveMessages(carried), { packed: Buffer.from(packed), keyFingerprint: fingerprint });
  t.is(proveMessages(signMessages({ device: 'anna', at, packed }, pem))?.keyFingerprint, fingerprint);
});

test('carried messages of which anything is another prove nothing of that key', (t) => {
  const others = [
    { ...carried, device: 'berta' },
    { ...carried, at: '2026-03-11T00:00:00.000Z' },
    { ...carried, follows: { segment: 1, index: 8 } },
    { ...carried, follows: { segment: 2, index: 7 } },
    (({ follows: _, ...first }) => first)(carried),
  ];
  for (const other of others) t.is(proveMessages(other), undefined);
  const places = fc.tuple(
    fc.constantFrom('publicKey', 'batch', 'signature'),
    fc.nat(),
    fc.integer({ min: 1, max: 255 }),
  );
  fc.assert(
    fc.property(places, ([name, place, flip]) => {
      const bytes = Buffer.from(carried[name as 'batch'], 'base64');
      bytes[place % bytes.length]! ^= flip;
      const proved = proveMessages({ ...carried, [name]: bytes.toString('base64') });
      t.true(proved === undefined || proved.keyFingerprint !== fingerprint);
    }),
    { numRuns: 60 },
  );
});
