import { onStarterGone } from './starter-gone.ts';

/**
 * Resolves when this program should end: on SIGTERM or SIGINT, or when the program that started it with a message channel
 * is gone, however it went. So a demo or a test that is killed leaves nothing behind.
 */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    // Kept for good: whoever ends a group of processes tells this one twice, by itself and by the one that started it.
    process.on('SIGTERM', () => resolve());
    process.on('SIGINT', () => resolve());
    onStarterGone(resolve);
  });
}
