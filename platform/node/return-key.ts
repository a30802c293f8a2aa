/**
 * The key with which a device comes back. Both ends take it from a handshake in which both showed certificates (RFC 8446, 7.5), so that nothing
 * of it travels; a connection that begins with it (RFC 8446, 2.2: an external key, and a fresh agreement beside it) shows none. Node has TLS 1.3
 * resumed by tickets only, and in a ticket travels what it spares: the certificate of the device.
 *
 *     exported      name, 12 bytes · secret, 32 bytes
 */
import type { TLSSocket } from 'node:tls';

/** One end's copy. The name travels in the open and tells nothing; in base64url, as all that TLS takes is text. */
export interface ExportedKey {
  readonly name: string;
  readonly secret: Buffer;
}

/** Labels that begin so are free for anybody (RFC 5705, 4). */
const label = 'EXPERIMENTAL fleet return key';
const nameBytes = 12;
const secretBytes = 32;

/** How long a server knows one, as long as TLS lets a ticket count: after that both show certificates again. */
export const returnKeyMsMax = 7 * 86_400_000;

/** That of a connection which began with certificates; undefined where it did not, or is of an older TLS. */
export function exportReturnKey(socket: TLSSocket): ExportedKey | undefined {
  if (socket.getProtocol() !== 'TLSv1.3' || socket.isSessionReused()) return undefined;
  const bytes = socket.exportKeyingMaterial(nameBytes + secretBytes, label, Buffer.alloc(0));
  return { name: bytes.toString('base64url', 0, nameBytes), secret: bytes.subarray(nameBytes) };
}
