import { TrustError } from '../../artifact/trust/error.ts';

/** What is read, or undefined where it can't be believed: what rotted, or somebody put there, says nothing. */
export function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof TrustError) return undefined;
    throw error;
  }
}
