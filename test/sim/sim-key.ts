/** The key of a simulated device: a real one, the same for the same seed. */
import { createECDH, createPrivateKey, createPublicKey } from 'node:crypto';
import type { SimRandom } from '../../platform/simulated/random.ts';
import { keyFingerprint } from '../../schemas/key-fingerprint.ts';

const curve = 'prime256v1';

/** As git names it, and as PEM. */
export interface SimKey {
  readonly fingerprint: string;
  readonly pem: string;
}

/** Draws one. */
export function drawKey(random: SimRandom): SimKey {
  const pair = createECDH(curve);
  const secret = Buffer.from(random.bytes(32));
  // Below the order of the curve, and not zero.
  secret[0] = (secret[0]! & 0x7f) | 1;
  pair.setPrivateKey(secret);
  const point = pair.getPublicKey();
  const text = (bytes: Buffer): string => bytes.toString('base64url');
  const coordinates = { x: text(point.subarray(1, 33)), y: text(point.subarray(33)) };
  const key = createPrivateKey({ key: { kty: 'EC', crv: 'P-256', ...coordinates, d: text(secret) }, format: 'jwk' });
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return { fingerprint: keyFingerprint(spki), pem: key.export({ type: 'pkcs8', format: 'pem' }).toString() };
}
