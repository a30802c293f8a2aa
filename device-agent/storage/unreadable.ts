import { DiskError } from '../../platform/ports.ts';

/** Whether what a file lies on failed: what it held is lost, and another file may do better. */
export function isMediumFault(error: unknown): boolean {
  return error instanceof DiskError && error.code === 'MEDIUM';
}

/** What `read` gives; undefined when the disk can't read it any more, which is as good as rotten. */
export function readIfPossible<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isMediumFault(error)) return undefined;
    throw error;
  }
}
