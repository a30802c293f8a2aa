/** Contents of many git blobs as they were read: views of single ones are made when they are asked for, and not kept. */

/** Where a content lies in what was read. */
interface Place {
  readonly chunk: number;
  readonly start: number;
  readonly end: number;
}

/** A place is three numbers in a list: a hundred thousand blobs would each be an object, and each content another. */
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
    const { chunk, start, end } = this.#placeAt(index);
    return new Uint8Array(this.#chunks[chunk]!, start, end - start);
  }

  /** Keeps the buffer that the content is a part of, as it is. */
  add(oid: string, { buffer, byteOffset, length }: Uint8Array): void {
    if (this.#indexOf.has(oid)) return;
    if (this.#chunks.at(-1) !== buffer) this.#chunks.push(buffer);
    this.#indexOf.set(oid, this.#indexOf.size);
    this.#places.push(this.#chunks.length - 1, byteOffset, byteOffset + length);
  }

  #placeAt(index: number): Place {
    const [chunk, start, end] = this.#places.slice(index * numbersOfPlace, (index + 1) * numbersOfPlace);
    return { chunk: chunk!, start: start!, end: end! };
  }
}

/** Files of a commit or index, of which the pile has the contents. */
export class BlobTree implements ReadonlyMap<string, Uint8Array> {
  /** Blob ids by path. */
  readonly ids: ReadonlyMap<string, string>;
  readonly #pile: BlobPile;

  constructor(ids: ReadonlyMap<string, string>, pile: BlobPile) {
    this.ids = ids;
    this.#pile = pile;
  }

  get size(): number {
    return this.ids.size;
  }

  has(path: string): boolean {
    return this.ids.has(path);
  }

  get(path: string): Uint8Array | undefined {
    const oid = this.ids.get(path);
    return oid === undefined ? undefined : this.#pile.get(oid);
  }

  keys(): MapIterator<string> {
    return this.ids.keys();
  }

  *values(): MapIterator<Uint8Array> {
    for (const oid of this.ids.values()) yield this.#pile.get(oid)!;
  }

  *entries(): MapIterator<[string, Uint8Array]> {
    for (const [path, oid] of this.ids) yield [path, this.#pile.get(oid)!];
  }

  [Symbol.iterator](): MapIterator<[string, Uint8Array]> {
    return this.entries();
  }

  forEach(callback: (value: Uint8Array, path: string, tree: ReadonlyMap<string, Uint8Array>) => void): void {
    for (const [path, bytes] of this) callback(bytes, path, this);
  }
}
