import test from 'ava';
import {
  privateKeyFromSeed,
  publicKeyFromHex,
  publicKeyHex,
  signBytes,
  verifyBytes,
} from '../../artifact/trust/keys.ts';
import './remembered-signatures.ts';

test('a signature that is remembered is good for its own bytes and key alone, each time it is asked for', (t) => {
  const [one, other] = [1, 2].map((seed) => privateKeyFromSeed(new Uint8Array(32).fill(seed)));
  const bytes = new TextEncoder().encode('run this');
  const signature = signBytes(one!, bytes);
  const flipped = (of: Uint8Array) => of.map((byte, at) => (at === 0 ? byte ^ 1 : byte));
  const key = () => publicKeyFromHex(publicKeyHex(one!.publicKey))!;
  for (let time = 0; time < 2; time += 1) {
    t.true(verifyBytes(key(), bytes, signature));
    t.false(verifyBytes(key(), flipped(bytes), signature));
    t.false(verifyBytes(key(), bytes, flipped(signature)));
    t.false(verifyBytes(other!.publicKey, bytes, signature));
  }
  t.is(key().key, key().key, 'it is remembered');
});
