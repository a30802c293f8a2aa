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

/** How often one is filled for each device, over a monotonic clock in milliseconds. */
export function parcelLimits(monotonic: () => number): RateLimits {
  return new RateLimits({ perSecond, burst, rememberedMax: devicesRemembered, monotonic });
}

/** Answers one; who asks was judged before, and has no name where it is an operator. A device that is refused asks for each file. */
export async function parcelAnswer(
  fill: FillParcel,
  limits: RateLimits | undefined,
  { body }: HttpRequest,
  { device }: Pick<Peer, 'device'>,
): Promise<HttpResponse> {
  const asked = parseParcelRequest(parseJson(body));
  if (asked === undefined)
    return errorAnswer(400, 'BAD_REQUEST', 'has lists files of metadata as VERSION.ROLE.json, releases NAME/VERSION');
  if (device !== undefined && limits?.take(device) === false)
    return tooManyAnswer('this device asks for parcels too often', 1 / perSecond);
  const parcel = await fill(asked);
  return parcel === undefined ? errorAnswer(503, 'UNAVAILABLE', 'the files can not be read now') : bytesAnswer(parcel);
}
