import type { Clock, Log } from '../../platform/ports.ts';
import type { OnlineMetadata } from './online-metadata.ts';

/** The clock is looked at this often at least: it may have jumped. */
const lookAgainMs = 60 * 60 * 1000;

/** Before the first publication, and after a failure. */
const retryMs = 60 * 1000;

/** Renews snapshot and timestamp when they are due, until disposed. */
export function keepFresh(online: OnlineMetadata, clock: Clock, log: Log): Disposable {
  let timer: Disposable | undefined;
  let isDisposed = false;
  const renew = async (): Promise<number> => {
    try {
      await online.renew(clock.now());
      const due = online.renewAt();
      return due === undefined ? retryMs : Math.max(1, Math.min(due - clock.now(), lookAgainMs));
    } catch (error) {
      if (!isDisposed) log.write('error', 'publishing.renewal-failed', { error });
      return retryMs;
    }
  };
  const look = async (): Promise<void> => {
    const delayMs = await renew();
    if (!isDisposed) timer = clock.after(delayMs, () => void look());
  };
  void look();
  const dispose = (): void => {
    isDisposed = true;
    timer?.[Symbol.dispose]();
  };
  return { [Symbol.dispose]: dispose };
}
