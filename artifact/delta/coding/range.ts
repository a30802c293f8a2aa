/*
A binary range coder. The range is kept below 2^31, so that every value fits a small integer of the engine; the less
likely bit takes the lower part of the range, its share rounded down.

  low, 32 bits:  | next byte out | ................ |   a carry out of bit 31 goes into the bytes before
*/

/** One end of a coded bit stream: the encoder takes `bit` in and returns it, the decoder ignores it and finds it. */
export type BitCoder = {
  /** `oneChance` is the chance of a one in 1/65536, from 1 to 65535. */
  code(bit: number, oneChance: number): number;
};

const rangeMin = 1 << 23;

/** Writes bits; `finish` gives the bytes. */
export class BitEncoder implements BitCoder {
  #low = 0;
  #range = 0x7fffffff;
  #cache = -1;
  #pending = 0;
  #bytes = new Uint8Array(1024);
  #length = 0;

  code(bit: number, oneChance: number): number {
    const rare = oneChance < 32768 ? 1 : 0;
    const share = Math.imul(this.#range >>> 16, rare ? oneChance : 65536 - oneChance);
    if (bit === rare) this.#range = share;
    else {
      this.#low += share;
      this.#range -= share;
    }
    while (this.#range < rangeMin) {
      this.#range <<= 8;
      this.#shift();
    }
    return bit;
  }

  /** The bytes written so far; a caller may ask while coding goes on. */
  get length(): number {
    return this.#length + this.#pending + 1;
  }

  /** Ends the stream with as few bytes as still name a value inside the range; the decoder reads zeros behind them. */
  finish(): Uint8Array {
    for (const keep of [0x1000000, 0x10000, 0x100, 1]) {
      const rounded = Math.ceil(this.#low / keep) * keep;
      if (rounded < this.#low + this.#range) {
        this.#low = rounded;
        break;
      }
    }
    for (let byte = 0; byte < 5; byte++) this.#shift();
    let end = this.#length;
    while (end > 0 && this.#bytes[end - 1] === 0) end--;
    return this.#bytes.slice(0, end);
  }

  #shift(): void {
    if (this.#low < 0xff000000 || this.#low >= 0x100000000) {
      const carry = this.#low >= 0x100000000 ? 1 : 0;
      if (this.#cache >= 0) this.#put(this.#cache + carry);
      for (; this.#pending > 0; this.#pending--) this.#put(0xff + carry);
      this.#cache = Math.floor(this.#low / 0x1000000) & 0xff;
    } else this.#pending++;
    this.#low = (this.#low % 0x1000000) * 256;
  }

  #put(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = byte;
  }
}

/** Reads the bits that a `BitEncoder` wrote; any bytes decode to some bits, so the caller bounds how many it asks for. */
export class BitDecoder implements BitCoder {
  readonly #bytes: Uint8Array;
  #at = 4;
  #range = 0x7fffffff;
  #code: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    const [a = 0, b = 0, c = 0, d = 0] = bytes;
    this.#code = ((a & 0x7f) << 24) | (b << 16) | (c << 8) | d;
  }

  code(_bit: number, oneChance: number): number {
    const rare = oneChance < 32768 ? 1 : 0;
    const share = Math.imul(this.#range >>> 16, rare ? oneChance : 65536 - oneChance);
    let bit = rare;
    if (this.#code < share) this.#range = share;
    else {
      bit ^= 1;
      this.#code -= share;
      this.#range -= share;
    }
    while (this.#range < rangeMin) {
      this.#range <<= 8;
      this.#code = ((this.#code << 8) | (this.#at < this.#bytes.length ? this.#bytes[this.#at]! : 0)) & 0x7fffffff;
      this.#at++;
    }
    return bit;
  }
}
