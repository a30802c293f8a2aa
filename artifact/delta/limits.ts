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
What the lengths of the files justify: at most about twice what the dearest honest patch of the same lengths takes, as
`npm run bench -- decoding` finds them. The encoder keeps to the same: where it can't, another method wins.
*/

/**
 * Units of work that decoding a part may take, from its length and that of its coded form. The sum over parts is at most
 * that of the whole. Where little changed, a coded byte decides much; where most is new, little; no byte of the new file
 * takes more than it does alone [published pairs: up to 720 a byte of a patch of 7 kB, 240 of 70 kB].
 */
export const partWorkMax = (newBytes: number, codedBytes: number): number =>
  Math.min(0.4 * newBytes + 900 * codedBytes, 15 * newBytes + 250 * codedBytes, 45 * newBytes);

/** Units that every patch takes: reading both files, rewriting the old one. */
export const fixedWork = (oldBytes: number, newBytes: number): number => 2 * oldBytes + newBytes;

/** Units of work that decoding may take, from the lengths of both files and of the patch. */
export const workMax = (oldBytes: number, newBytes: number, patchBytes: number): number =>
  20_000 + fixedWork(oldBytes, newBytes) + partWorkMax(newBytes, patchBytes);

/**
 * Units of work that a patch which starts from nothing may take, from the length of the new file [published modules: 50 to 90 a byte;
 * tables of data alone take 126].
 */
export const wholeWorkMax = (newBytes: number): number => 20_000 + 150 * newBytes;

/** Bytes of the encoded maps after unpacking [published pairs: a 377th of both files at most]. */
export const mapsBytesMax = (oldBytes: number, newBytes: number): number => 1024 + ((oldBytes + newBytes) >>> 6);

/** Functions, types and globals of a file together: each takes three bytes of it or more. */
export const indicesMax = (bytes: number): number => Math.min(1_000_000, Math.floor(bytes / 3));

/** Bytes that the old file may grow to when it is rewritten into the new numbering. */
export const rewrittenBytesMax = (oldBytes: number): number => 4096 + oldBytes + (oldBytes >>> 1);

/** Bytes of the control part of a difference as streams. */
export const controlBytesMax = (newBytes: number): number => 4096 + (newBytes >>> 1);
