import { generateKeyPairSync } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import type { Receipt } from '../../schemas/generated/types.ts';
import { proveReceipt, signReceipt } from '../../schemas/receipt.ts';

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
const receipt = signReceipt('anna', { counter: 7 }, key);
const honest = proveReceipt(receipt)!;

test('a receipt says what its device signed, and whose key that was', (t) => {
  t.like(honest, { device: 'anna', report: { counter: 7 } });
  t.regex(honest.keyFingerprint, /^SHA256:/);
  const other = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  t.is(proveReceipt(signReceipt('anna', {}, other.toString())), undefined);
});

test('a receipt of which anything is another proves nothing of that key', (t) => {
  const part = fc.constantFrom('publicKey', 'payload', 'signature') satisfies fc.Arbitrary<keyof Receipt>;
  const places = fc.tuple(part, fc.nat(), fc.integer({ min: 1, max: 255 }));
  fc.assert(
    fc.property(places, ([name, at, flip]) => {
      const bytes = Buffer.from(receipt[name], 'base64');
      bytes[at % bytes.length]! ^= flip;
      const proved = proveReceipt({ ...receipt, [name]: bytes.toString('base64') });
      t.true(proved === undefined || proved.keyFingerprint !== honest.keyFingerprint);
    }),
    { numRuns: 60 },
  );
});
