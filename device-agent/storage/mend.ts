import { DiskError } from '../../platform/ports.ts';

/** Replaces or removes what rotted, if the disk takes it: a full or worn one must not keep what is left from being used. */
export function mendIfPossible(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
  }
}
