import type { Clock } from '../../../../platform/ports.ts';
import type { RunEnd } from '../../run-end.ts';

/** How something ended; it is stopped, and ends so, when its time is up. */
export async function withinTime(
  clock: Pick<Clock, 'after'>,
  timeLimitMs: number,
  { ended, stop }: { readonly ended: Promise<RunEnd | undefined>; readonly stop: () => Promise<void> },
): Promise<RunEnd | undefined> {
  let isLate = false;
  using _deadline = clock.after(timeLimitMs, () => {
    isLate = true;
    void stop();
  });
  const end = await ended;
  const late: RunEnd = { kind: 'exhausted', message: `it took longer than ${timeLimitMs} ms` };
  return end === undefined && isLate ? late : end;
}
