/** Contents of many git blobs as they were read: views of single ones are made when they are asked for, and not kept. */
import { numberOfId } from '../controller/source/object-id.ts';

/** Where a content lies is three numbers in a list, a chunk, a start and a length: a hundred thousand blobs would each be an object. */
const numbersOfPlace = 3;

export class BlobPile {
  readonly #chunks: ArrayBufferLike[] = [];
  readonly #oids: string[] = [];
  readonly #places: number[] = [];
  /** Open addressing: a slot holds the index of an id and 1, or 0. At most half of them are taken. */
  #slots = new Int32Array(1024);

  /** The slot of an id, or the one where it would be. */
  #slotOf(oid: string): number {
    const mask = this.#slots.length - 1;
    let slot = numberOfId(oid) & mask;
    while (this.#slots[slot] !== 0 && this.#oids[this.#slots[slot]! - 1] !== oid) slot = (slot + 1) & mask;
    return slot;
  }

  has(oid: string): boolean {
    return this.#slots[this.#slotOf(oid)] !== 0;
  }

  get(oid: string): Uint8Array | undefined {
    const at = (this.#slots[this.#slotOf(oid)]! - 1) * numbersOfPlace;
    if (at < 0) return undefined;
    return new Uint8Array(this.#chunks[this.#places[at]!]!, this.#places[at + 1]!, this.#places[at + 2]!);
  }

  /** Keeps the buffer that the content is a part of, as it is. */
  add(oid: string, { buffer, byteOffset, length }: Uint8Array): void {
    const slot = this.#slotOf(oid);
    if (this.#slots[slot] !== 0) return;
    if (this.#chunks.at(-1) !== buffer) this.#chunks.push(buffer);
    this.#slots[slot] = this.#oids.push(oid);
    this.#places.push(this.#chunks.length - 1, byteOffset, length);
    if (this.#oids.length * 2 > this.#slots.length) this.#grow();
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (const [index, oid] of this.#oids.entries()) this.#slots[this.#slotOf(oid)] = index + 1;
  }
}
