import { writeSync } from 'node:fs';
import type { Clock, Log, LogLevel } from '../ports.ts';

const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

function fieldText(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.message);
  if (typeof value === 'string') return /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? String(value);
}

/** Lines of logfmt on stderr: time, level, event, those fields that are there. What is below `least` is dropped. */
export function openLog(clock: Clock, least: LogLevel): Log {
  return {
    write: (level, event, fields = {}) => {
      if (order.indexOf(level) < order.indexOf(least)) return;
      const there = Object.entries(fields).filter(([, value]) => value !== undefined);
      const rest = there.map(([name, value]) => ` ${name}=${fieldText(value)}`);
      const line = `${new Date(clock.now()).toISOString()} ${level} ${event}${rest.join('')}\n`;
      try {
        writeSync(2, line);
      } catch {
        // A closed or full stderr must not end the program that logs to it.
      }
    },
  };
}
