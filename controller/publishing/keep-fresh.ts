import type { Clock, Log } from '../../platform/ports.ts';
import type { OnlineMetadata } from './online-metadata.ts';

/** The clock is looked at this often at least: it may have jumped. */
const lookAgainMs = 60 * 60 * 1000;

/** Before the first publication, and after a failure. */
const retryMs = 60 * 1000;

/** Renews snapshot and timestamp when they are due, until disposed. */
export function keepFresh(online: OnlineMetadata, clock: Clock, log: Log): Disposable {
  let timer: Disposable | undefined;
  const wait = (delayMs: number) => {
    timer = clock.after(delayMs, look);
  };
  const look = () => {
    try {
      online.renew(clock.now());
      const due = online.renewAt();
      wait(due === undefined ? retryMs : Math.max(1, Math.min(due - clock.now(), lookAgainMs)));
    } catch (error) {
      log.write('error', 'publishing.renewal-failed', { error });
      wait(retryMs);
    }
  };
  look();
  return { [Symbol.dispose]: () => timer?.[Symbol.dispose]() };
}
