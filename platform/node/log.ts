import { writeSync } from 'node:fs';
import type { Clock, Log, LogLevel } from '../ports.ts';
import { escaped } from '../printable.ts';

const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** What others say finds its way into reasons: nobody fills the journal with one line. */
const fieldCharactersMax = 4_096;

function shortened(text: string): string {
  return text.length > fieldCharactersMax ? `${text.slice(0, fieldCharactersMax)}…` : text;
}

function fieldText(value: unknown): string {
  if (value instanceof Error) return escaped(JSON.stringify(shortened(value.message)));
  if (typeof value !== 'string') return escaped(shortened(JSON.stringify(value) ?? String(value)));
  const text = shortened(value);
  return /^[\w./:@+-]+$/.test(text) ? text : escaped(JSON.stringify(text));
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
