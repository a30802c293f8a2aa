/**
 * IPv4 in the frames that the kernel hands to a program for VXLAN (RFC 7348): 8 bytes of VXLAN, 14 of Ethernet, then IP.
 * Numbers are big-endian. A frame is changed in place.
 */

const etherTypeAt = 20;
const ipAt = 22;
const etherTypeIpv4 = 0x0800;

/** Protocol numbers of IP. */
export const protocol = { tcp: 6, udp: 17 } as const;

/** Flags of TCP. */
export const flag = { syn: 2, ack: 16 } as const;

/** Where the checksum of a protocol lies in its header. */
const checksumAt: Readonly<Record<number, number>> = { [protocol.tcp]: 16, [protocol.udp]: 6 };

/** One end of a flow, as `10.77.0.2:40000`. */
export type End = string;

/** A look at the packet in a frame. */
export class Packet {
  readonly #ip: Buffer;
  readonly #body: Buffer;

  private constructor(ip: Buffer) {
    this.#ip = ip;
    this.#body = ip.subarray((ip[0]! & 15) * 4);
  }

  /** Undefined where the frame holds no whole packet of TCP or UDP. */
  static in(frame: Buffer): Packet | undefined {
    if (frame.length < ipAt + 28 || frame.readUInt16BE(etherTypeAt) !== etherTypeIpv4) return undefined;
    const length = frame.readUInt16BE(ipAt + 2);
    const packet = new Packet(frame.subarray(ipAt, ipAt + length));
    const isWhole = packet.#ip.length === length && packet.#body.length >= 8;
    return isWhole && checksumAt[packet.protocol] !== undefined ? packet : undefined;
  }

  /** Of all of it, as a link counts. */
  get bytes(): number {
    return this.#ip.length;
  }

  get protocol(): number {
    return this.#ip[9]!;
  }

  get source(): End {
    return `${this.#ip.subarray(12, 16).join('.')}:${this.#body.readUInt16BE(0)}`;
  }

  get destination(): End {
    return `${this.#ip.subarray(16, 20).join('.')}:${this.#body.readUInt16BE(2)}`;
  }

  /** Of TCP. */
  get flags(): number {
    return this.#body[13]!;
  }

  /** Of TCP: the number of the first byte of its payload. */
  get sequence(): number {
    return this.#body.readUInt32BE(4);
  }

  /** Of TCP. */
  get payload(): Buffer {
    return this.#body.subarray((this.#body[12]! >> 4) * 4);
  }

  setSource(end: End): void {
    this.#setEnd(end, 12, 0);
  }

  setDestination(end: End): void {
    this.#setEnd(end, 16, 2);
  }

  #setEnd(end: End, addressAt: number, portAt: number): void {
    const [address, port] = end.split(':') as [string, string];
    this.#ip.set(address.split('.').map(Number), addressAt);
    this.#body.writeUInt16BE(Number(port), portAt);
  }

  /** Network cards would compute the checksums that the kernel left out, and those of ends that were changed. */
  seal(): void {
    const header = this.#ip.subarray(0, this.#ip.length - this.#body.length);
    header.writeUInt16BE(0, 10);
    header.writeUInt16BE(checksum(header, 0), 10);
    const at = checksumAt[this.protocol]!;
    this.#body.writeUInt16BE(0, at);
    const ends = sum(this.#ip.subarray(12, 20), this.protocol + this.#body.length);
    this.#body.writeUInt16BE(checksum(this.#body, ends) || 0xffff, at);
  }
}

function sum(bytes: Buffer, from: number): number {
  let total = from;
  for (let at = 0; at + 1 < bytes.length; at += 2) total += bytes.readUInt16BE(at);
  return bytes.length % 2 === 1 ? total + (bytes.at(-1)! << 8) : total;
}

/** The Internet's checksum (RFC 1071). */
function checksum(bytes: Buffer, from: number): number {
  let total = sum(bytes, from);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return ~total & 0xffff;
}
