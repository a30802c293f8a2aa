import { orderMessage, readOrderMessage } from '../../schemas/parcel-order.ts';

/** Orders of parcels that one session has sent; each answer finds its own. */
export class ParcelOrders {
  readonly #say: (message: Uint8Array) => Promise<void>;
  readonly #waiting = new Map<number, (parcel: Uint8Array | undefined) => void>();
  #token: number;

  /** `born` tells sessions apart: an answer to another one's order may come late. */
  constructor(born: number, say: (message: Uint8Array) => Promise<void>) {
    this.#token = born >>> 0;
    this.#say = say;
  }

  /** What the shore answers: the parcel, without bytes where it does not come this way; undefined once the session is over. */
  async place(order: Uint8Array): Promise<Uint8Array | undefined> {
    this.#token = (this.#token + 1) >>> 0;
    const token = this.#token;
    const answer = new Promise<Uint8Array | undefined>((resolve) => this.#waiting.set(token, resolve));
    await this.#say(orderMessage({ token, body: order }));
    return answer;
  }

  /** Takes an answer; false when it is none. Nobody's is dropped. */
  heard(payload: Uint8Array): boolean {
    const answer = readOrderMessage(payload);
    if (answer === undefined) return false;
    this.#waiting.get(answer.token)?.(answer.body);
    this.#waiting.delete(answer.token);
    return true;
  }

  close(): void {
    for (const resolve of this.#waiting.values()) resolve(undefined);
    this.#waiting.clear();
  }
}
