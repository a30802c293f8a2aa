/** What IP takes of a stream, reckoned: nobody tells a program how its bytes were cut into packets. */

/** Of a stream in one packet, with the headers of IPv6. */
const segmentBytes = 1_400;

/** Headers of IP and TCP with the usual options, and half of such a packet back that acknowledges. */
const headerBytes = 80;

/** To open and to close a connection. */
export const connectionBytes = 400;

/** A TLS handshake with certificates on both sides. */
export const handshakeBytes = 3_000;

/** One that begins with a key both ends have. */
export const returnBytes = 1_000;

/** IP's bytes of a piece of a stream that is sent as soon as it is there. */
export function travelOf(bytes: number): number {
  return bytes + headerBytes * Math.ceil(bytes / segmentBytes);
}
