import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Clock } from '../ports.ts';

/** The longest delay a Node timer takes; a longer one would fire at once. */
const delayMsMax = 2 ** 31 - 1;

/** This machine's clock. */
export const nodeClock: Clock = {
  now: () => Date.now(),
  // Not performance.now(): it loads half a megabyte of measuring with it.
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
  sleep: async (delayMs, signal) => {
    try {
      await sleepFor(Math.min(delayMs, delayMsMax), undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.min(delayMs, delayMsMax));
    timer.unref();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
