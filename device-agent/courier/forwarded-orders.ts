import type { FromCourier } from './protocol.ts';

/** Has a parcel come over the session that the supervisor has; undefined where it does not come that way. */
export type OrderParcel = (order: Uint8Array) => Promise<Uint8Array | undefined>;

/** The courier's orders that the supervisor places for it. */
export class ForwardedOrders {
  readonly #say: (message: FromCourier) => void;
  readonly #waiting = new Map<number, (parcel: Uint8Array | undefined) => void>();
  #lastId = 0;

  constructor(say: (message: FromCourier) => void) {
    this.#say = say;
  }

  readonly place: OrderParcel = (order) => {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#say({ kind: 'order', id, order: Buffer.from(order).toString('base64') });
    });
  };

  answered(id: number, parcel: string | undefined): void {
    this.#waiting.get(id)?.(parcel === undefined ? undefined : Uint8Array.from(Buffer.from(parcel, 'base64')));
    this.#waiting.delete(id);
  }
}
