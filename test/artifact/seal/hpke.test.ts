import { createECDH } from 'node:crypto';
import test from 'ava';
import { ephemeralKey, open, seal } from '../../../artifact/seal/hpke.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** RFC 9180, appendix A.3.1: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode, the message of sequence number 0. */
const vector = {
  info: hex('4f6465206f6e2061204772656369616e2055726e'),
  skEm: hex('4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb'),
  enc: hex(
    '04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4',
  ),
  skRm: hex('f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2'),
  pkRm: hex(
    '04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0',
  ),
  aad: hex('436f756e742d30'),
  pt: hex('4265617574792069732074727574682c20747275746820626561757479'),
  ct: hex('5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434'),
};

test('the published vector comes out byte for byte, and opens', (t) => {
  const ephemeral = createECDH('prime256v1');
  ephemeral.setPrivateKey(vector.skEm);
  const sealed = seal(vector.pkRm, vector.pt, vector, ephemeral);
  t.is(sealed.toString('hex'), Buffer.concat([vector.enc, vector.ct]).toString('hex'));
  t.is(open(vector.skRm, sealed, vector)?.toString('hex'), vector.pt.toString('hex'));
});

test('nothing opens that was changed, cut, bound to something else or sealed to another key', (t) => {
  const sealed = seal(vector.pkRm, vector.pt, vector, ephemeralKey());
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed);
    changed[at]! ^= 1;
    t.is(open(vector.skRm, changed, vector), undefined, `byte ${at}`);
    t.is(open(vector.skRm, sealed.subarray(0, at), vector), undefined, `cut at ${at}`);
  }
  t.is(open(vector.skEm, sealed, vector), undefined);
  t.is(open(vector.skRm, sealed, { ...vector, aad: hex('00') }), undefined);
  t.is(open(vector.skRm, sealed, { ...vector, info: hex('00') }), undefined);
  t.truthy(open(vector.skRm, sealed, vector));
});

test('the same secret is never sealed to the same bytes', (t) => {
  const [one, other] = [1, 2].map(() => seal(vector.pkRm, vector.pt, vector, ephemeralKey()));
  t.false(one!.equals(other!));
});

test('a point that is none of the curve is not sealed to', (t) => {
  const wrong = Buffer.from(vector.pkRm);
  wrong[64]! ^= 1;
  t.throws(() => seal(wrong, vector.pt, vector, ephemeralKey()));
});
