/** Contents of many git blobs as they were read: views of single ones are made when they are asked for, and not kept. */

/** Where a content lies is three numbers in a list, a chunk, a start and a length: a hundred thousand blobs would each be an object. */
const numbersOfPlace = 3;

export class BlobPile {
  readonly #chunks: ArrayBufferLike[] = [];
  readonly #indexOf = new Map<string, number>();
  readonly #places: number[] = [];

  has(oid: string): boolean {
    return this.#indexOf.has(oid);
  }

  get(oid: string): Uint8Array | undefined {
    const index = this.#indexOf.get(oid);
    if (index === undefined) return undefined;
    const at = index * numbersOfPlace;
    return new Uint8Array(this.#chunks[this.#places[at]!]!, this.#places[at + 1]!, this.#places[at + 2]!);
  }

  /** Keeps the buffer that the content is a part of, as it is. */
  add(oid: string, { buffer, byteOffset, length }: Uint8Array): void {
    if (this.#chunks.at(-1) !== buffer) this.#chunks.push(buffer);
    this.#indexOf.set(oid, this.#places.length / numbersOfPlace);
    this.#places.push(this.#chunks.length - 1, byteOffset, length);
  }
}
