import test from 'ava';
import fc from 'fast-check';
import { openEnvelope, preAuthenticationEncoding, signEnvelope } from '../../../artifact/trust/dsse.ts';
import { trustLimits } from '../../../artifact/trust/limits.ts';
import { key } from './fleet-trust.ts';
import { refused } from './refused.ts';

const type = 'application/vnd.fleet.deployment+json';
const [one, two, three] = [key(1), key(2), key(3)];

test('the pre-authentication encoding is the one of the protocol’s own example', (t) => {
  const encoded = preAuthenticationEncoding('http://example.com/HelloWorld', Buffer.from('hello world'));
  t.is(Buffer.from(encoded).toString(), 'DSSEv1 29 http://example.com/HelloWorld 11 hello world');
});

test('openEnvelope() gives back what signEnvelope() was given', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: 'grapheme', maxLength: 40 }), (payload, name) => {
      const envelope = signEnvelope(name, payload, [one, two]);
      t.deepEqual(openEnvelope(envelope, name, [one.publicKey, two.publicKey], 2), payload);
    }),
    { numRuns: 50 },
  );
});

test('a flipped bit in any byte of an envelope is refused', (t) => {
  const envelope = Buffer.from(signEnvelope(type, Buffer.from('{"device":"crane-1","sequence":7}'), [one]));
  for (let at = 0; at < envelope.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const flipped = Buffer.from(envelope);
      flipped[at] = flipped[at]! ^ (1 << bit);
      t.throws(
        () => openEnvelope(flipped.toString(), type, [one.publicKey], 1),
        { name: 'TrustError' },
        `bit ${bit} of byte ${at}`,
      );
    }
  }
});

test('an envelope of another payload type is refused though its signature is good', (t) => {
  const envelope = signEnvelope('application/vnd.other+json', Buffer.from('{}'), [one]);
  refused(t, () => openEnvelope(envelope, type, [one.publicKey], 1), 'WRONG_TYPE');
});

test('an envelope that only strangers signed, or too few, is refused', (t) => {
  const envelope = signEnvelope(type, Buffer.from('{}'), [one]);
  refused(t, () => openEnvelope(envelope, type, [two.publicKey], 1), 'THRESHOLD');
  refused(t, () => openEnvelope(envelope, type, [one.publicKey, two.publicKey], 2), 'THRESHOLD');
  const twice = JSON.parse(envelope);
  twice.signatures.push(twice.signatures[0]);
  refused(t, () => openEnvelope(JSON.stringify(twice), type, [one.publicKey, two.publicKey], 2), 'THRESHOLD');
});

test('signatures by unknown keys beside a trusted one do no harm: keys can be changed one by one', (t) => {
  const envelope = signEnvelope(type, Buffer.from('{}'), [three, one]);
  t.deepEqual(openEnvelope(envelope, type, [one.publicKey], 1), new Uint8Array(Buffer.from('{}')));
});

test('a signature that claims a trusted key and is not by it refuses the envelope', (t) => {
  const forged = JSON.parse(signEnvelope(type, Buffer.from('{}'), [one, two]));
  forged.signatures[1].sig = forged.signatures[0].sig;
  refused(t, () => openEnvelope(JSON.stringify(forged), type, [one.publicKey, two.publicKey], 1), 'BAD_SIGNATURE');
});

test('what is no envelope, or is too big for one, is refused with a code', (t) => {
  const keys = [one.publicKey];
  refused(t, () => openEnvelope('', type, keys, 1), 'MALFORMED');
  refused(t, () => openEnvelope('[]', type, keys, 1), 'MALFORMED');
  refused(t, () => openEnvelope(' '.repeat(trustLimits.envelopeBytesMax + 1), type, keys, 1), 'TOO_LARGE');
  const envelope = JSON.parse(signEnvelope(type, Buffer.from('{}'), [one]));
  refused(t, () => openEnvelope(JSON.stringify({ ...envelope, note: 1 }), type, keys, 1), 'MALFORMED');
  refused(t, () => openEnvelope(JSON.stringify({ ...envelope, payload: 'e30' }), type, keys, 1), 'MALFORMED');
  const many = Array.from({ length: 33 }, () => envelope.signatures[0]);
  refused(t, () => openEnvelope(JSON.stringify({ ...envelope, signatures: many }), type, keys, 1), 'TOO_LARGE');
});

test('no text makes openEnvelope() throw anything but a coded error', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      t.throws(() => openEnvelope(text, type, [one.publicKey], 1), { name: 'TrustError' });
    }),
    { numRuns: 200 },
  );
});
