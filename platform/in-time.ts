/** Work of others that may never end: whoever waits for it waits for so long and no longer. */
import type { Clock } from './ports.ts';

/** As `work`, or rejects with what `late` makes after `limitMs`. What comes of the work then is nobody's concern. */
export async function inTime<T>(clock: Clock, limitMs: number, late: () => Error, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  using _timer = clock.after(limitMs, () => reject(late()));
  return await Promise.race([work, promise]);
}
