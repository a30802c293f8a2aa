/**
 * Pieces of objects that never change, as they come from the bucket: one that many ask for at once is fetched once, and those
 * used last are kept. Whoever takes them slowly holds no connection to the bucket meanwhile.
 */

/** Small enough to be held for each of many slow readers, large enough that a bucket's way there and back does not count. */
export const pieceBytes = 256 * 1024;

/** Of the pieces that are kept. */
const keptBytesMax = 64 * 1024 * 1024;

/** Fetches the piece that begins at `start`; shorter at the end of the object. */
export type FetchPiece = (path: string, start: number) => Promise<Uint8Array>;

export class Pieces {
  readonly #fetch: FetchPiece;
  /** By path and start; the one used last is the last. */
  readonly #kept = new Map<string, Uint8Array>();
  readonly #onTheWay = new Map<string, Promise<Uint8Array>>();
  #keptBytes = 0;

  constructor(fetchPiece: FetchPiece) {
    this.#fetch = fetchPiece;
  }

  async get(path: string, start: number): Promise<Uint8Array> {
    const key = `${path}@${start}`;
    const kept = this.#kept.get(key);
    if (kept === undefined) return this.#onTheWay.get(key) ?? this.#bring(key, path, start);
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept;
  }

  #bring(key: string, path: string, start: number): Promise<Uint8Array> {
    const piece = this.#fetch(path, start)
      .then((bytes) => {
        // Not where the object was replaced meanwhile.
        if (this.#onTheWay.get(key) === piece) this.#keep(key, bytes);
        return bytes;
      })
      .finally(() => {
        if (this.#onTheWay.get(key) === piece) this.#onTheWay.delete(key);
      });
    this.#onTheWay.set(key, piece);
    return piece;
  }

  #keep(key: string, bytes: Uint8Array): void {
    this.#kept.set(key, bytes);
    this.#keptBytes += bytes.length;
    for (const [oldest, { length }] of this.#kept) {
      if (this.#keptBytes <= keptBytesMax) return;
      this.#kept.delete(oldest);
      this.#keptBytes -= length;
    }
  }

  /** The object is another from now on, or none. */
  forget(path: string): void {
    const isOfPath = (key: string): boolean => key.slice(0, key.lastIndexOf('@')) === path;
    for (const key of [...this.#onTheWay.keys()].filter(isOfPath)) this.#onTheWay.delete(key);
    for (const key of [...this.#kept.keys()].filter(isOfPath)) {
      this.#keptBytes -= this.#kept.get(key)!.length;
      this.#kept.delete(key);
    }
  }
}
