/** Work that stops after every small step, which a generator does: all of it at once, or with everybody else between two stretches. */
import type { Clock } from '../../../platform/ports.ts';

/** Of an application host's thread: who waits meanwhile waits this long. */
const stretchMs = 1;

/** Does all of it. */
export function atOnce<T>(steps: Generator<void, T, void>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** Does it a stretch at a time: `giveWay` is asked after every step, and what it gives, if anything, is waited for. */
export async function inStretches<T>(
  steps: Generator<void, T, void>,
  giveWay: () => Promise<void> | undefined,
): Promise<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    const pause = giveWay();
    if (pause !== undefined) await pause;
  }
}

/** Gives way whenever a millisecond is over. */
export function everyMillisecond({ monotonic, sleep }: Pick<Clock, 'monotonic' | 'sleep'>) {
  let endMs = monotonic() + stretchMs;
  const pause = async (): Promise<void> => {
    await sleep(0);
    endMs = monotonic() + stretchMs;
  };
  return () => (monotonic() < endMs ? undefined : pause());
}
