/** SSH's wire format (RFC 4251 §5), read with bounds: a length of four bytes, then that many bytes. */

export class SshWireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes);
  }

  take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at)
      throw new RangeError(`ends at byte ${this.#bytes.length}, before ${length} bytes at ${this.#at}`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  uint32(): number {
    return this.take(4).readUInt32BE();
  }

  string(): Buffer {
    return this.take(this.uint32());
  }

  /** A name such as a key type. */
  text(): string {
    return this.string().toString('latin1');
  }

  /** A non-negative integer, without leading zeros. */
  integer(): Buffer {
    const bytes = this.string();
    const start = bytes.findIndex((byte) => byte !== 0);
    return start === -1 ? Buffer.alloc(0) : bytes.subarray(start);
  }

  end(): void {
    if (this.#at !== this.#bytes.length)
      throw new RangeError(`${this.#bytes.length - this.#at} bytes too many at ${this.#at}`);
  }
}

/** A string as the wire has it. */
export function wireString(bytes: Uint8Array | string): Buffer {
  const content = Buffer.from(bytes as Uint8Array);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
}
