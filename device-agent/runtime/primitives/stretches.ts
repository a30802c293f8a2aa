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

/** Does it a millisecond at a time. */
export async function inStretches<T>(
  steps: Generator<void, T, void>,
  { monotonic, sleep }: Pick<Clock, 'monotonic' | 'sleep'>,
): Promise<T> {
  for (let endMs = monotonic() + stretchMs; ; ) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (monotonic() < endMs) continue;
    await sleep(0);
    endMs = monotonic() + stretchMs;
  }
}
