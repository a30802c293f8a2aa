/** Orders of parcels, which devices send in the place of a request to their shadow, and the answers. */
import type { Clock } from '../../../platform/ports.ts';
import type { ParcelRequest } from '../../../schemas/parcel.ts';
import { orderMessage, readOrderMessage, sessionParcelBytesMax, unpackOrder } from '../../../schemas/parcel-order.ts';
import type { ShadowMessage } from '../../shadow/protocol.ts';
import { answerTopic } from '../../shadow/topics.ts';
import { RateLimits } from '../rate-limits.ts';

/** What it stands on. */
export interface ParcelDoorParts {
  readonly clock: Clock;
  /** Whether git names the device. */
  readonly knows: (device: string) => boolean;
  /** Undefined while the files can't be read. */
  readonly fill: (request: ParcelRequest) => Promise<Uint8Array | undefined>;
  readonly say: (message: ShadowMessage) => Promise<void>;
}

/** An update has one order, and one more at each time that it is tried anew. What is more is not read. */
const ordersPerSecond = 0.1;
const ordersBurst = 10;
const devicesRemembered = 20_000;

/** Parcels that are filled at once, of 256 kB each: who comes on top hears that his does not come this way. */
const fillingMax = 32;

const nothing = new Uint8Array();

/** Fills parcels for devices, as many at once as it has room for. */
export class ParcelDoor {
  readonly #parts: ParcelDoorParts;
  readonly #rates: RateLimits;
  #filling = 0;

  constructor(parts: ParcelDoorParts) {
    this.#parts = parts;
    const monotonic = (): number => parts.clock.monotonic();
    this.#rates = new RateLimits({
      ...{ perSecond: ordersPerSecond, burst: ordersBurst, rememberedMax: devicesRemembered, monotonic },
    });
  }

  /** A device that hears nothing asks by HTTPS. */
  readonly receive = async (device: string, payload: Uint8Array): Promise<void> => {
    const { knows, say } = this.#parts;
    const order = readOrderMessage(payload);
    if (order === undefined || !knows(device) || !this.#rates.take(device)) return;
    const request = unpackOrder(order.body);
    if (request === undefined) return;
    const body = await this.#fill(request);
    const message = { topic: answerTopic(device, 'get', 'accepted'), payload: orderMessage({ ...order, body }) };
    // Where the broker is looked after it is told that it takes nothing.
    await say(message).catch(() => {});
  };

  async #fill(request: ParcelRequest): Promise<Uint8Array> {
    if (this.#filling === fillingMax) return nothing;
    this.#filling += 1;
    try {
      const parcel = await this.#parts.fill(request);
      return parcel === undefined || parcel.length > sessionParcelBytesMax ? nothing : parcel;
    } finally {
      this.#filling -= 1;
    }
  }
}
