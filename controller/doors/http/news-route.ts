/** `POST /news`: what a device without a session says and asks, bounded for each device. */
import type { HttpRequest, HttpResponse, Peer } from '../../../platform/ports.ts';
import { type NewsAnswer, type NewsRequest, packNewsAnswer, parseNewsRequest } from '../../../schemas/news.ts';
import { RateLimits } from '../rate-limits.ts';
import { bytesAnswer, emptyAnswer, errorAnswer, tooManyAnswer } from './json-answer.ts';

/** Takes the report of a device and says what is news to it; undefined where too much waits, rejects where it can't be written. */
export type TakeNews = (device: string, asked: NewsRequest) => Promise<NewsAnswer | undefined>;

/** An update asks a handful of times; a device asks by itself once in minutes at most. */
const perSecond = 1 / 15;
const burst = 20;
const devicesRemembered = 100_000;

/** How often each device is answered, over a monotonic clock in milliseconds. */
export function newsLimits(monotonic: () => number): RateLimits {
  return new RateLimits({ perSecond, burst, rememberedMax: devicesRemembered, monotonic });
}

/** Answers one; who asks was judged before. */
export async function newsAnswer(
  take: TakeNews,
  limits: RateLimits | undefined,
  { body }: HttpRequest,
  { device = '' }: Peer,
): Promise<HttpResponse> {
  const asked = parseNewsRequest(body ?? new Uint8Array(0));
  if (asked === undefined) return errorAnswer(400, 'BAD_REQUEST', 'the body is no question for news of this version');
  if (limits?.take(device) === false) return tooManyAnswer('this device asks too often', 60);
  // The engine has told why.
  const answer = await take(device, asked).catch(() => undefined);
  if (answer === undefined) return errorAnswer(503, 'UNAVAILABLE', 'what devices say can not be taken now');
  const bytes = packNewsAnswer(answer);
  return bytes.length === 0 ? emptyAnswer() : bytesAnswer(bytes);
}
