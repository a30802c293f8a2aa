import { writeSync } from 'node:fs';
import type { Clock, Log, LogLevel } from '../ports.ts';

const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

function fieldText(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.message);
  if (typeof value === 'string') return /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? 'undefined';
}

/** Lines of logfmt on stderr: time, level, event, fields. What is below `least` is dropped. */
export function openLog(clock: Clock, least: LogLevel): Log {
  return {
    write: (level, event, fields = {}) => {
      if (order.indexOf(level) < order.indexOf(least)) return;
      const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${fieldText(value)}`);
      const line = `${new Date(clock.now()).toISOString()} ${level} ${event}${rest.join('')}\n`;
      try {
        writeSync(2, line);
      } catch {
        // A closed or full stderr must not end the program that logs to it.
      }
    },
  };
}
