/** Ceilings that hold from the first byte of a patch on; a device of a small class passes smaller ones. */
export type DeltaLimits = {
  /** Bytes of the old file. */
  readonly oldBytesMax: number;
  /** Bytes of the new file; checked against the header before anything is allocated. */
  readonly newBytesMax: number;
  /** Bytes of the encoded maps after unpacking. */
  readonly mapsBytesMax: number;
  /** Bytes that the old file may grow to when it is rewritten into the new numbering, as a multiple of its size. */
  readonly rewriteGrowthMax: number;
  /** Coded decisions per byte of the old and new file together: the bound on time, the same on every machine. */
  readonly decisionsPerByteMax: number;
};

/** The ceilings used where the caller names none. */
export const deltaLimits: DeltaLimits = {
  oldBytesMax: 256 * 1024 * 1024,
  newBytesMax: 256 * 1024 * 1024,
  mapsBytesMax: 16 * 1024 * 1024,
  rewriteGrowthMax: 4,
  decisionsPerByteMax: 40,
};
