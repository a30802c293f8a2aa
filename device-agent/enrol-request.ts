/** A certificate request (PKCS #10, RFC 2986) for a P-256 key, written by hand: a library would weigh more than the agent. */
import { createPublicKey, type KeyObject, sign } from 'node:crypto';

const tag = { integer: 0x02, bitString: 0x03, oid: 0x06, utf8: 0x0c, sequence: 0x30, set: 0x31, attributes: 0xa0 };

/** One DER value; nothing in a request is longer than 65,535 bytes. */
function der(kind: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  const { length } = body;
  const prefix = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >>> 8, length & 0xff];
  return Buffer.concat([Uint8Array.from([kind, ...prefix]), body]);
}

const commonNameOid = Uint8Array.from([0x55, 0x04, 0x03]);
/** ecdsa-with-SHA256 */
const signatureOid = Uint8Array.from([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]);

/** The request in PEM, with the device's name as common name, signed by its key. */
export function certificateRequest(device: string, key: KeyObject): string {
  const name = der(tag.sequence, der(tag.oid, commonNameOid), der(tag.utf8, new TextEncoder().encode(device)));
  const information = der(
    tag.sequence,
    der(tag.integer, Uint8Array.of(0)),
    der(tag.sequence, der(tag.set, name)),
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    der(tag.attributes),
  );
  const request = der(
    tag.sequence,
    information,
    der(tag.sequence, der(tag.oid, signatureOid)),
    der(tag.bitString, Uint8Array.of(0), sign('sha256', information, key)),
  );
  const lines =
    Buffer.from(request)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`;
}
