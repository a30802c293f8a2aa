import type { Clock, Log } from '../../platform/ports.ts';
import { type End, expiryStatus, stepOf } from './end.ts';

/** Looked at this often: a day before the end has as many chances to be seen. */
const lookMs = 60 * 60 * 1000;

/** Writes into the log what comes to its end, a line at each step, until disposed. */
export function logExpiry(ends: () => readonly End[], clock: Clock, log: Log): Disposable {
  const told = new Map<string, number>();
  let timer: Disposable | undefined;
  const look = () => {
    timer = clock.after(lookMs, look);
    const now = clock.now();
    for (const end of ends()) {
      const step = stepOf(end, now);
      // Of what was renewed, the next life is told from its first step on.
      if (step === undefined) told.delete(end.subject);
      else if (told.get(end.subject) !== step) {
        told.set(end.subject, step);
        const { kind, subject, expiresAt, severity, message } = expiryStatus(end, now)!;
        const level = severity === 'notice' ? 'info' : severity === 'warning' ? 'warn' : 'error';
        log.write(level, 'trust.expires', { kind, subject, expiresAt, message });
      }
    }
  };
  look();
  return { [Symbol.dispose]: () => timer?.[Symbol.dispose]() };
}
