/** Requests that may be on their way to applications. */
export const underwayMax = 512;
/** Bytes of all their bodies: each is held by its application's process until it is answered. */
const bodyBytesMax = 16 * 2 ** 20;

interface Inside {
  requests: number;
  bodyBytes: number;
}

/**
 * Who may come in. An application may have as much inside as is free: alone half of all, and whoever asks for too much
 * leaves room for a neighbour.
 */
export class Entrance {
  readonly #all: Inside = { requests: 0, bodyBytes: 0 };
  readonly #byApplication = new Map<string, Inside>();

  /** Lets a request in, until what is returned is disposed of; undefined where it finds no room. */
  enter(application: string, bodyBytes: number): Disposable | undefined {
    const own = this.#byApplication.get(application) ?? { requests: 0, bodyBytes: 0 };
    if (own.requests >= underwayMax - this.#all.requests) return undefined;
    if (own.bodyBytes + bodyBytes > bodyBytesMax - this.#all.bodyBytes) return undefined;
    this.#byApplication.set(application, own);
    this.#add(own, 1, bodyBytes);
    return {
      [Symbol.dispose]: () => {
        this.#add(own, -1, -bodyBytes);
        if (own.requests === 0) this.#byApplication.delete(application);
      },
    };
  }

  #add(own: Inside, requests: number, bodyBytes: number): void {
    for (const inside of [own, this.#all]) {
      inside.requests += requests;
      inside.bodyBytes += bodyBytes;
    }
  }
}
