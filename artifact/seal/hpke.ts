/**
 * Hybrid public key encryption (RFC 9180), base mode, one message for one recipient, with the suite DHKEM(P-256, HKDF-SHA256),
 * HKDF-SHA256, AES-128-GCM. Names are those of the RFC. A recipient is a P-256 key, as devices have them.
 */
import { createCipheriv, createDecipheriv, createECDH, createHmac, type ECDH } from 'node:crypto';

const curve = 'prime256v1';
const mode = Uint8Array.of(0x00);
const kemSuite = Buffer.concat([Buffer.from('KEM'), Uint8Array.of(0x00, 0x10)]);
const hpkeSuite = Buffer.concat([Buffer.from('HPKE'), Uint8Array.of(0x00, 0x10, 0x00, 0x01, 0x00, 0x01)]);
const keyBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;
const secretBytes = 32;
/** Of an uncompressed point, which is what travels of the sender's key. */
const encapsulatedBytes = 65;
const nothing = new Uint8Array(0);

function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  return createHmac('sha256', key).update(Buffer.concat(parts)).digest();
}

/** RFC 5869, section 2.3. */
function expand(key: Uint8Array, info: Uint8Array, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let count = 1; blocks.length * 32 < length; count++) {
    blocks.push(hmac(key, blocks.at(-1) ?? nothing, info, Uint8Array.of(count)));
  }
  return Buffer.concat(blocks).subarray(0, length);
}

function labeledExtract(suite: Uint8Array, salt: Uint8Array, label: string, input: Uint8Array): Buffer {
  return hmac(salt, Buffer.from('HPKE-v1'), suite, Buffer.from(label), input);
}

function labeledExpand(suite: Uint8Array, key: Uint8Array, label: string, info: Uint8Array, length: number): Buffer {
  const size = Uint8Array.of(length >> 8, length & 0xff);
  return expand(key, Buffer.concat([size, Buffer.from('HPKE-v1'), suite, Buffer.from(label), info]), length);
}

/** The KEM's shared secret: `encapsulated` and `recipient` are the public keys as points. */
function sharedSecret(agreed: Uint8Array, encapsulated: Uint8Array, recipient: Uint8Array): Buffer {
  const key = labeledExtract(kemSuite, nothing, 'eae_prk', agreed);
  return labeledExpand(kemSuite, key, 'shared_secret', Buffer.concat([encapsulated, recipient]), secretBytes);
}

/** Key and nonce of the first message, which is the only one. */
function keySchedule(shared: Uint8Array, info: Uint8Array): { readonly key: Buffer; readonly nonce: Buffer } {
  const pskIdHash = labeledExtract(hpkeSuite, nothing, 'psk_id_hash', nothing);
  const infoHash = labeledExtract(hpkeSuite, nothing, 'info_hash', info);
  const context = Buffer.concat([mode, pskIdHash, infoHash]);
  const secret = labeledExtract(hpkeSuite, shared, 'secret', nothing);
  return {
    key: labeledExpand(hpkeSuite, secret, 'key', context, keyBytes),
    nonce: labeledExpand(hpkeSuite, secret, 'base_nonce', context, nonceBytes),
  };
}

/** What a message is bound to besides its recipient. */
export interface SealContext {
  readonly info: Uint8Array;
  readonly aad: Uint8Array;
}

/** A new key pair for one message. */
export function ephemeralKey(): ECDH {
  const pair = createECDH(curve);
  pair.generateKeys();
  return pair;
}

/** Seals for the holder of the private key to the point `recipient`; `ephemeral` is used once. Throws when it is no point of the curve. */
export function seal(recipient: Uint8Array, plain: Uint8Array, context: SealContext, ephemeral: ECDH): Buffer {
  const encapsulated = ephemeral.getPublicKey();
  const shared = sharedSecret(ephemeral.computeSecret(recipient), encapsulated, recipient);
  const { key, nonce } = keySchedule(shared, context.info);
  const cipher = createCipheriv('aes-128-gcm', key, nonce);
  cipher.setAAD(context.aad);
  return Buffer.concat([encapsulated, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Opens with the recipient's private scalar; undefined when it was not sealed to it in this context, or was changed since. */
export function open(scalar: Uint8Array, sealed: Uint8Array, context: SealContext): Buffer | undefined {
  if (sealed.length < encapsulatedBytes + tagBytes) return undefined;
  const own = createECDH(curve);
  own.setPrivateKey(scalar);
  const encapsulated = sealed.subarray(0, encapsulatedBytes);
  try {
    const shared = sharedSecret(own.computeSecret(encapsulated), encapsulated, own.getPublicKey());
    const { key, nonce } = keySchedule(shared, context.info);
    const cipher = createDecipheriv('aes-128-gcm', key, nonce, { authTagLength: tagBytes });
    cipher.setAAD(context.aad);
    cipher.setAuthTag(sealed.subarray(-tagBytes));
    return Buffer.concat([cipher.update(sealed.subarray(encapsulatedBytes, -tagBytes)), cipher.final()]);
  } catch {
    return undefined;
  }
}
