import type { Clock } from '../../../platform/ports.ts';
import type { Readiness } from '../../../platform/streams.ts';

/**
 * Waits until one of `sources` may be ready or `delayMs` have passed (for ever when it is infinite), whichever is first. A
 * host whose thread has other work gives a promise and so suspends the guest; one whose thread is the guest's own blocks.
 */
export type Wait = (sources: readonly Readiness[], delayMs: number) => Promise<void> | undefined;

/** Waits by suspending the guest, if only for a turn of the event loop. */
export function suspendingWait(clock: Pick<Clock, 'after'>): Wait {
  return (sources, delayMs) => {
    if (sources.some((source) => source.isReady())) return undefined;
    return new Promise((resolve) => {
      const waiting: Disposable[] = [];
      const done = (): void => {
        for (const one of waiting) one[Symbol.dispose]();
        resolve();
      };
      if (Number.isFinite(delayMs)) waiting.push(clock.after(delayMs, done));
      for (const source of sources) waiting.push(source.onReady(done));
    });
  };
}

/** Waits by blocking the thread. What is not ready then never becomes so meanwhile: only the time passes. */
export function blockingWait(block: (delayMs: number) => void): Wait {
  return (sources, delayMs) => {
    if (delayMs > 0 && !sources.some((source) => source.isReady())) block(delayMs);
    return undefined;
  };
}

/** Tries until `attempt` gives something, waiting in between; the answer is a promise only when it had to be waited for. */
export function until<T>(attempt: () => T | undefined, wait: () => Promise<void> | undefined): T | Promise<T> {
  for (;;) {
    const result = attempt();
    if (result !== undefined) return result;
    const waited = wait();
    if (waited !== undefined) return afterWaiting(waited, attempt, wait);
  }
}

async function afterWaiting<T>(
  waited: Promise<void>,
  attempt: () => T | undefined,
  wait: () => Promise<void> | undefined,
): Promise<T> {
  for (let pending: Promise<void> | undefined = waited; ; pending = wait()) {
    await pending;
    const result = attempt();
    if (result !== undefined) return result;
  }
}
