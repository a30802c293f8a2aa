import { FileError, type FileFault } from '../file-handles.ts';

const faults: Readonly<Record<string, FileFault>> = {
  EACCES: 'access',
  EAGAIN: 'busy',
  EBUSY: 'busy',
  EDQUOT: 'quota',
  EEXIST: 'exist',
  EFBIG: 'file-too-large',
  EILSEQ: 'illegal-byte-sequence',
  EINVAL: 'invalid',
  EISDIR: 'is-directory',
  ELOOP: 'loop',
  EMFILE: 'too-many-open',
  EMLINK: 'too-many-links',
  ENAMETOOLONG: 'name-too-long',
  ENFILE: 'too-many-open',
  ENOENT: 'no-entry',
  ENOSPC: 'insufficient-space',
  ENOTDIR: 'not-directory',
  ENOTEMPTY: 'not-empty',
  EPERM: 'not-permitted',
  EPIPE: 'pipe',
  EROFS: 'read-only',
  ETXTBSY: 'busy',
  EXDEV: 'cross-device',
};

/** Runs an operation of the operating system; what it throws becomes a `FileError`. */
export function withFileFaults<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (error instanceof FileError || !(error instanceof Error)) throw error;
    const code = 'code' in error ? String(error.code) : '';
    throw new FileError(faults[code] ?? 'io', error.message);
  }
}
