import { generateKeyPairSync } from 'node:crypto';
import test from 'ava';
import { ephemeralKey } from '../../../artifact/seal/hpke.ts';
import { openSecret, sealSecret } from '../../../artifact/seal/sealed-secret.ts';

function newDevice(device: string, namedCurve = 'P-256') {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  return {
    device,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  };
}

test('a secret opens under its name on its device, and neither under another name nor on another device', (t) => {
  const [anna, berta] = [newDevice('anna'), newDevice('berta')];
  const value = Buffer.from('hunter2\n');
  const sealed = sealSecret({ name: 'token', value }, anna, ephemeralKey())!;
  t.deepEqual(Buffer.from(openSecret({ name: 'token', sealed }, anna)!), value);
  t.is(openSecret({ name: 'other', sealed }, anna), undefined);
  t.is(openSecret({ name: 'token', sealed }, berta), undefined);
  t.is(openSecret({ name: 'token', sealed }, { ...anna, device: 'berta' }), undefined);
  t.is(openSecret({ name: 'token', sealed: 'AAAA' }, anna), undefined);
});

test('a key of another curve, and what is no key, is not sealed to', (t) => {
  const secret = { name: 'token', value: Buffer.from('x') };
  for (const publicKey of [newDevice('anna', 'P-384').publicKey, 'AAAA', '']) {
    t.is(sealSecret(secret, { device: 'anna', publicKey }, ephemeralKey()), undefined);
  }
});
