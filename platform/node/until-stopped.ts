import { onStarterGone } from './starter-gone.ts';

/**
 * Resolves when this program should end: on SIGTERM or SIGINT, or when the program that started it with a message channel
 * is gone, however it went. So a demo or a test that is killed leaves nothing behind.
 */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
    onStarterGone(resolve);
  });
}
