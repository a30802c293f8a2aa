import { readFileSync } from 'node:fs';
import type { ProcessLimits } from '../ports.ts';

/** The soft limit of that name; infinite when there is none. */
export function limitOf(name: string): number {
  try {
    const text = new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return text === undefined ? Number.POSITIVE_INFINITY : Number(text);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** What this process and its children may have at most, as long as they live; of a user's threads, root has any number. */
export function processLimits(): ProcessLimits {
  return {
    descriptors: limitOf('Max open files'),
    threads: process.getuid?.() === 0 ? Number.POSITIVE_INFINITY : limitOf('Max processes'),
    addressBytes: limitOf('Max address space'),
  };
}
