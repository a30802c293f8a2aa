/** Signed envelopes: DSSE v1.0 in its JSON form, https://github.com/secure-systems-lab/dsse. */
import { TrustError } from './error.ts';
import { type Json, objectOf, onlyMembers, parseBoundedJson } from './json.ts';
import { type PrivateKey, type PublicKey, signBytes, verifyBytes } from './keys.ts';
import { trustLimits } from './limits.ts';

/** The payload type of deployments. */
export const deploymentPayloadType = 'application/vnd.fleet.deployment+json';

/** The payload type of what says how long a bundle may be installed, and where. */
export const bundlePayloadType = 'application/vnd.fleet.bundle+json';

/** The payload type of what says to one device what time it is. */
export const timePayloadType = 'application/vnd.fleet.time+json';

/** What the shore asks of one device beside its deployment. */
export const requestPayloadType = 'application/vnd.fleet.device-request+json';

/** What is signed: `DSSEv1 LENGTH TYPE LENGTH PAYLOAD`, lengths in bytes as decimal text, one space between. */
export function preAuthenticationEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = Buffer.from(payloadType);
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} `), type, Buffer.from(` ${payload.length} `), payload]);
}

/** The payload in an envelope, signed by every signer. */
export function signEnvelope(payloadType: string, payload: Uint8Array, signers: readonly PrivateKey[]): string {
  const message = preAuthenticationEncoding(payloadType, payload);
  return JSON.stringify({
    payload: Buffer.from(payload).toString('base64'),
    payloadType,
    signatures: signers.map((signer) => ({
      keyid: signer.keyId,
      sig: Buffer.from(signBytes(signer, message)).toString('base64'),
    })),
  });
}

/**
 * The payload of an envelope that at least `threshold` of `keys` signed. Stricter than the protocol asks: a signature that
 * claims a trusted key and fails refuses the whole envelope, since nobody honest makes one.
 */
export function openEnvelope(
  text: string,
  payloadType: string,
  keys: readonly PublicKey[],
  threshold: number,
): Uint8Array {
  if (!(Number.isSafeInteger(threshold) && threshold >= 1)) throw new RangeError(`threshold ${threshold}`);
  const envelope = readEnvelope(text);
  if (envelope.payloadType !== payloadType) {
    throw new TrustError(
      'WRONG_TYPE',
      `the envelope holds ${JSON.stringify(envelope.payloadType)}, not ${payloadType}`,
    );
  }
  const message = preAuthenticationEncoding(envelope.payloadType, envelope.payload);
  const trusted = new Map(keys.map((key) => [key.keyId, key]));
  const signedBy = new Set<string>();
  for (const { keyId, signature } of envelope.signatures) {
    const key = trusted.get(keyId);
    if (key === undefined) continue;
    if (!verifyBytes(key, message, signature)) {
      throw new TrustError('BAD_SIGNATURE', `the envelope's signature by key ${keyId} does not verify`);
    }
    signedBy.add(keyId);
  }
  if (signedBy.size < threshold) {
    const by = envelope.signatures.map(({ keyId }) => keyId).join(', ') || 'nobody';
    throw new TrustError(
      'THRESHOLD',
      `${signedBy.size} trusted keys of ${threshold} signed the envelope; it is signed by ${by}`,
    );
  }
  return envelope.payload;
}

/** The payload in an envelope of this type, whoever signed it; undefined where it is none. */
export function claimedPayload(text: string, payloadType: string): Uint8Array | undefined {
  try {
    const envelope = readEnvelope(text);
    return envelope.payloadType === payloadType ? envelope.payload : undefined;
  } catch (error) {
    if (error instanceof TrustError) return undefined;
    throw error;
  }
}

interface Envelope {
  readonly payload: Uint8Array;
  readonly payloadType: string;
  readonly signatures: readonly { readonly keyId: string; readonly signature: Uint8Array }[];
}

function readEnvelope(text: string): Envelope {
  const bytes = Buffer.from(text);
  const envelope = objectOf(parseBoundedJson(bytes, trustLimits.envelopeBytesMax, 'an envelope'), 'an envelope');
  onlyMembers(envelope, ['payload', 'payloadType', 'signatures'], 'an envelope');
  const { payload, payloadType, signatures } = envelope;
  if (typeof payloadType !== 'string') throw new TrustError('MALFORMED', 'payloadType must be a string');
  if (!Array.isArray(signatures)) throw new TrustError('MALFORMED', 'signatures must be an array');
  if (signatures.length > trustLimits.signaturesMax) {
    throw new TrustError(
      'TOO_LARGE',
      `an envelope has at most ${trustLimits.signaturesMax} signatures, not ${signatures.length}`,
    );
  }
  return { payload: base64(payload, 'payload'), payloadType, signatures: signatures.map(readSignature) };
}

function readSignature(value: Json): Envelope['signatures'][number] {
  const signature = objectOf(value, 'a signature');
  onlyMembers(signature, ['keyid', 'sig'], 'a signature');
  const { keyid, sig } = signature;
  if (typeof keyid !== 'string') throw new TrustError('MALFORMED', 'keyid must be a string');
  return { keyId: keyid, signature: base64(sig, 'sig') };
}

// Only the one text that encoding yields: bits that decoding would ignore are a place to hide.
function base64(value: Json | undefined, what: string): Uint8Array {
  if (typeof value !== 'string') throw new TrustError('MALFORMED', `${what} must be a string`);
  const bytes = Buffer.from(value, 'base64');
  if (bytes.toString('base64') !== value) throw new TrustError('MALFORMED', `${what} is not base64`);
  return new Uint8Array(bytes);
}
