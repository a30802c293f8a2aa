import { readFileSync } from 'node:fs';

/** What the kernel tells in a file of its own; empty where it has none. */
export function kernelText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
