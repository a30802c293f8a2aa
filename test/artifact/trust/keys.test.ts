import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import test from 'ava';
import { parseDeploymentKeys, writeDeploymentKeys } from '../../../artifact/trust/deployment-keys.ts';
import {
  parsePrivateKey,
  parsePublicKey,
  privateKeyPem,
  publicKeyFromHex,
  publicKeyHex,
  publicKeyPem,
  signBytes,
  verifyBytes,
} from '../../../artifact/trust/keys.ts';
import { key } from './fleet-trust.ts';
import { refused } from './refused.ts';

test('a key survives PEM and hexadecimal, and its id is the digest of its SubjectPublicKeyInfo', (t) => {
  const made = key(7);
  t.is(parsePrivateKey(privateKeyPem(made)).keyId, made.keyId);
  t.is(parsePublicKey(publicKeyPem(made.publicKey)).keyId, made.keyId);
  t.is(publicKeyFromHex(publicKeyHex(made.publicKey))?.keyId, made.keyId);
  const der = createPublicKey(privateKeyPem(made)).export({ format: 'der', type: 'spki' });
  t.is(made.keyId, createHash('sha256').update(der).digest('hex'));
});

test('a signature holds for its bytes and its key alone', (t) => {
  const [one, two] = [key(1), key(2)];
  const signature = signBytes(one, Buffer.from('bytes'));
  t.true(verifyBytes(one.publicKey, Buffer.from('bytes'), signature));
  t.false(verifyBytes(one.publicKey, Buffer.from('byteS'), signature));
  t.false(verifyBytes(two.publicKey, Buffer.from('bytes'), signature));
  t.false(verifyBytes(one.publicKey, Buffer.from('bytes'), signature.subarray(1)));
});

test('keys of another kind, or in the wrong place, are refused', (t) => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  refused(t, () => parsePublicKey(other.publicKey.export({ format: 'pem', type: 'spki' }) as string), 'MALFORMED');
  refused(t, () => parsePrivateKey(other.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string), 'MALFORMED');
  refused(t, () => parsePublicKey(privateKeyPem(key(1))), 'MALFORMED');
  refused(t, () => parsePrivateKey('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'), 'MALFORMED');
  t.is(publicKeyFromHex('00'), undefined);
});

test('parseDeploymentKeys() reads what writeDeploymentKeys() wrote, and refuses a key under a false id', (t) => {
  const [one, two] = [key(1).publicKey, key(2).publicKey];
  const bytes = writeDeploymentKeys([one, two]);
  t.deepEqual(
    parseDeploymentKeys(bytes).map(({ keyId }) => keyId),
    [one.keyId, two.keyId],
  );
  const text = Buffer.from(bytes).toString();
  refused(t, () => parseDeploymentKeys(Buffer.from(text.replace(one.keyId, two.keyId))), 'MALFORMED');
  refused(t, () => parseDeploymentKeys(Buffer.from(text.replace('"keys"', '"threshold": 2, "keys"'))), 'MALFORMED');
  refused(t, () => parseDeploymentKeys(Buffer.from('{"keys":[]}')), 'MALFORMED');
});
