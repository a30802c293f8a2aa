import { FileError, type FileFault } from '../../../platform/file-handles.ts';
import { DiskError, type DiskErrorCode } from '../../../platform/ports.ts';

const faults: Readonly<Record<DiskErrorCode, FileFault>> = {
  NOT_FOUND: 'no-entry',
  EXISTS: 'exist',
  NO_SPACE: 'insufficient-space',
  NOT_PERMITTED: 'access',
  MEDIUM: 'io',
  IO: 'io',
};

function toldAsFault(error: unknown): never {
  if (error instanceof DiskError) throw new FileError(faults[error.code], error.message);
  throw error;
}

/** Does something with the disk for a guest, now or later; what the disk refuses becomes a `FileError`. */
export function withDiskFaults<T>(operation: () => T): T {
  try {
    const result = operation();
    return result instanceof Promise ? (result.catch(toldAsFault) as T) : result;
  } catch (error) {
    return toldAsFault(error);
  }
}
