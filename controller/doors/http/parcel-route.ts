/** `POST /parcel`: several of the files that a device lacks in one answer, bounded for each device. */
import type { HttpRequest, HttpResponse, Peer } from '../../../platform/ports.ts';
import { type ParcelRequest, parseParcelRequest } from '../../../schemas/parcel.ts';
import { RateLimits } from '../rate-limits.ts';
import { bytesAnswer, errorAnswer, tooManyAnswer } from './json-answer.ts';
import { parseJson } from './json-body.ts';

/** Fills a parcel with what a device lacks of metadata and indexes; undefined while these can't be read. */
export type FillParcel = (request: ParcelRequest) => Promise<Uint8Array | undefined>;

/** As over a session: an update has one order, and one more at each time that it is tried anew. */
const perSecond = 0.1;
const burst = 10;
const devicesRemembered = 100_000;

/** Parcels that are filled for devices at once, of 256 kB each: as many as over sessions. */
const fillingMax = 32;

/** For each device one parcel at a time, and so often; for all of them so many at once. */
export class ParcelBounds {
  readonly #rates: RateLimits;
  readonly #filling = new Set<string>();

  /** `monotonic` is in milliseconds. */
  constructor(monotonic: () => number) {
    this.#rates = new RateLimits({ perSecond, burst, rememberedMax: devicesRemembered, monotonic });
  }

  /** Fills one where there is room, or says why there is none. */
  async fill(device: string, fill: () => Promise<HttpResponse>): Promise<HttpResponse> {
    if (this.#filling.has(device)) return tooManyAnswer('this device waits for a parcel already', 1 / perSecond);
    if (!this.#rates.take(device)) return tooManyAnswer('this device asks for parcels too often', 1 / perSecond);
    if (this.#filling.size === fillingMax)
      return errorAnswer(503, 'PARCELS_BUSY', `${fillingMax} parcels are being filled; ask for each file`);
    this.#filling.add(device);
    try {
      return await fill();
    } finally {
      this.#filling.delete(device);
    }
  }
}

/** Answers one; who asks was judged before, and has no name where it is an operator. A device that is refused asks for each file. */
export async function parcelAnswer(
  fill: FillParcel,
  bounds: ParcelBounds | undefined,
  { body }: HttpRequest,
  { device }: Pick<Peer, 'device'>,
): Promise<HttpResponse> {
  const asked = parseParcelRequest(parseJson(body));
  if (asked === undefined)
    return errorAnswer(400, 'BAD_REQUEST', 'has lists files of metadata as VERSION.ROLE.json, releases NAME/VERSION');
  const answer = async (): Promise<HttpResponse> => {
    const parcel = await fill(asked);
    return parcel === undefined
      ? errorAnswer(503, 'UNAVAILABLE', 'the files can not be read now')
      : bytesAnswer(parcel);
  };
  return device === undefined || bounds === undefined ? answer() : bounds.fill(device, answer);
}
