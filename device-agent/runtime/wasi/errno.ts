import { FileError, type FileFault } from '../../../platform/file-handles.ts';

/** The error numbers of WASI preview 1 that are given out here. */
export const errno = {
  success: 0,
  tooBig: 1,
  access: 2,
  again: 6,
  badDescriptor: 8,
  busy: 10,
  quota: 19,
  exists: 20,
  fault: 21,
  fileTooLarge: 22,
  badSequence: 25,
  invalid: 28,
  io: 29,
  isDirectory: 31,
  loop: 32,
  tooManyDescriptors: 33,
  tooManyLinks: 34,
  nameTooLong: 37,
  noEntry: 44,
  noSpace: 51,
  noSystemCall: 52,
  notDirectory: 54,
  notEmpty: 55,
  notSocket: 57,
  notSupported: 58,
  overflow: 61,
  notPermitted: 63,
  pipe: 64,
  readOnly: 69,
  illegalSeek: 70,
  crossDevice: 75,
  notCapable: 76,
} as const;

/** One of the numbers above. */
export type Errno = (typeof errno)[keyof typeof errno];

const ofFault: Readonly<Record<FileFault, Errno>> = {
  access: errno.access,
  'bad-descriptor': errno.badDescriptor,
  busy: errno.busy,
  'cross-device': errno.crossDevice,
  exist: errno.exists,
  'file-too-large': errno.fileTooLarge,
  'illegal-byte-sequence': errno.badSequence,
  'insufficient-space': errno.noSpace,
  invalid: errno.invalid,
  io: errno.io,
  'is-directory': errno.isDirectory,
  loop: errno.loop,
  'name-too-long': errno.nameTooLong,
  'no-entry': errno.noEntry,
  'not-capable': errno.notCapable,
  'not-directory': errno.notDirectory,
  'not-empty': errno.notEmpty,
  'not-permitted': errno.notPermitted,
  pipe: errno.pipe,
  quota: errno.quota,
  'read-only': errno.readOnly,
  'too-many-links': errno.tooManyLinks,
  'too-many-open': errno.tooManyDescriptors,
  unsupported: errno.notSupported,
};

/** Ends a system call with an error number for the guest; never leaves the WASI rooms. */
export class CallFailure extends Error {
  readonly errno: Errno;
  constructor(number: Errno) {
    super(`WASI error ${number}`);
    this.name = 'CallFailure';
    this.errno = number;
  }
}

/** The number that tells the guest of a failed call; what is no failure of a call is thrown on. */
export function errnoOf(error: unknown): Errno {
  if (error instanceof CallFailure) return error.errno;
  if (error instanceof FileError) return ofFault[error.code];
  throw error;
}
