/** Why a delta was refused; programs decide by it, never by the message. */
export type DeltaErrorCode =
  /** The bytes are no patch, or contradict themselves. */
  | 'patch-corrupt'
  /** A patch of a later format or with a method this decoder does not know. */
  | 'patch-unknown'
  /** The old bytes are not those the patch was made from. */
  | 'wrong-base'
  /** The patch is well-formed but its result is not what it, or the caller, announced. */
  | 'wrong-result'
  /** The patch asks for more than the limits allow. */
  | 'over-limit';

/** A patch that cannot be read or applied. */
export class DeltaError extends Error {
  readonly code: DeltaErrorCode;
  /** Byte of the patch at which it went wrong, where one byte is to blame. */
  readonly offset: number | undefined;

  constructor(code: DeltaErrorCode, message: string, offset?: number) {
    super(offset === undefined ? message : `${message} (at byte ${offset} of the patch)`);
    this.name = 'DeltaError';
    this.code = code;
    this.offset = offset;
  }
}
