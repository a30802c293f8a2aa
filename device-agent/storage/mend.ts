import { DiskError } from '../../platform/ports.ts';

/** What `read` gives; undefined where the medium went bad, which is as good as rotted. */
export function readIfPossible<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof DiskError && error.code === 'IO') return undefined;
    throw error;
  }
}

/** Replaces or removes what rotted, if the disk takes it: a full or worn one must not keep what is left from being used. */
export function mendIfPossible(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
  }
}
