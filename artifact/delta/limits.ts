/** Ceilings that hold from the first byte of a patch on; a device of a small class passes smaller ones. */
export type DeltaLimits = {
  /** Bytes of the old file. */
  readonly oldBytesMax: number;
  /** Bytes of the new file; checked against the header before anything is allocated. */
  readonly newBytesMax: number;
};

/** The ceilings used where the caller names none. */
export const deltaLimits: DeltaLimits = { oldBytesMax: 256 * 1024 * 1024, newBytesMax: 256 * 1024 * 1024 };

/*
What the lengths of the files justify. The encoder keeps to the same: where it can't, another method wins.
*/

/**
 * Units of work that decoding a part may take, from its length and that of its coded form. The sum over parts is at most
 * that of the whole.
 */
export const partWorkMax = (newBytes: number, codedBytes: number): number =>
  Math.min(3 * newBytes + 700 * codedBytes, 45 * newBytes);

/** Units that every patch takes: reading both files, rewriting the old one. */
export const fixedWork = (oldBytes: number, newBytes: number): number => 2 * oldBytes + newBytes;

/** Units of work that decoding may take, from the lengths of both files and of the patch. */
export const workMax = (oldBytes: number, newBytes: number, patchBytes: number): number =>
  500_000 + fixedWork(oldBytes, newBytes) + partWorkMax(newBytes, patchBytes);

/** Bytes of the encoded maps after unpacking [published pairs: a few kilobytes for megabytes]. */
export const mapsBytesMax = (oldBytes: number, newBytes: number): number => 4096 + ((oldBytes + newBytes) >>> 4);

/** Functions, types or globals of a file: each takes three bytes of it or more. */
export const indexMapLengthMax = (bytes: number): number => Math.min(1_000_000, Math.floor(bytes / 3));

/** Bytes that the old file may grow to when it is rewritten into the new numbering. */
export const rewrittenBytesMax = (oldBytes: number): number => 4096 + oldBytes + (oldBytes >>> 1);

/** Bytes of the control part of a difference as streams. */
export const controlBytesMax = (newBytes: number): number => 4096 + (newBytes >>> 1);
