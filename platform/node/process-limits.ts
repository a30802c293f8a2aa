import type { ProcessLimits } from '../ports.ts';
import { kernelText } from './kernel-text.ts';

/** What this process and its children may have at most, as long as they live; of a user's threads, root has any number. */
export function processLimits(): ProcessLimits {
  const limits = kernelText('/proc/self/limits');
  const softLimit = (name: string): number => {
    const most = new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(limits)?.[1];
    return most === undefined ? Number.POSITIVE_INFINITY : Number(most);
  };
  return {
    descriptors: softLimit('Max open files'),
    threads: process.getuid?.() === 0 ? Number.POSITIVE_INFINITY : softLimit('Max processes'),
    addressBytes: softLimit('Max address space'),
  };
}
