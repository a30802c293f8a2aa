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

/** Does something with the disk for a guest; what the disk refuses becomes a `FileError`. */
export function withDiskFaults<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (error instanceof DiskError) throw new FileError(faults[error.code], error.message);
    throw error;
  }
}
