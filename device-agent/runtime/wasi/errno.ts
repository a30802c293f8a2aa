/** The error numbers of WASI preview 1 that are given out here. */
export const errno = {
  success: 0,
  tooBig: 1,
  badDescriptor: 8,
  exists: 20,
  fault: 21,
  badSequence: 25,
  invalid: 28,
  isDirectory: 31,
  tooManyDescriptors: 33,
  nameTooLong: 37,
  noEntry: 44,
  noSystemCall: 52,
  notDirectory: 54,
  notSocket: 57,
  notSupported: 58,
  illegalSeek: 70,
  notCapable: 76,
} as const;

/** One of the numbers above. */
export type Errno = (typeof errno)[keyof typeof errno];

/** Ends a system call with an error number for the guest; never leaves the WASI rooms. */
export class CallFailure extends Error {
  readonly errno: Errno;
  constructor(number: Errno) {
    super(`WASI error ${number}`);
    this.name = 'CallFailure';
    this.errno = number;
  }
}
