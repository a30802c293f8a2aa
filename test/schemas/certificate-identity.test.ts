import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { X509CertificateGenerator } from '@peculiar/x509';
import test from 'ava';
import { certificateIdentity } from '../../schemas/certificate-identity.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

async function certificateOf(name: string): Promise<Uint8Array> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await X509CertificateGenerator.createSelfSigned({ name, keys, signingAlgorithm: algorithm });
  return new Uint8Array(made.rawData);
}

test('a certificate with two common names is nobody’s: neither of them counts', async (t) => {
  t.is(certificateIdentity(await certificateOf('CN=crane-1')).commonName, 'crane-1');
  t.is(certificateIdentity(await certificateOf('CN=crane-1, CN=crane-2')).commonName, undefined);
  t.is(certificateIdentity(await certificateOf('O=fleet')).commonName, undefined);
});
