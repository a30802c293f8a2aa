/**
 * Ceilings for everything this room reads, checked before it is parsed. The metadata models take time in the square of
 * the entries of a map (1,000 take 0.1 s on a desktop processor), hence the count.
 */
export const trustLimits = {
  /** Levels of arrays and objects. */
  depthMax: 16,
  /** Members of one JSON object, elements of one array. */
  entriesMax: 1024,
  rootBytesMax: 64 * 1024,
  timestampBytesMax: 16 * 1024,
  snapshotBytesMax: 256 * 1024,
  targetsBytesMax: 512 * 1024,
  roleBytesMax: 256 * 1024,
  /** New roots taken in one update (rule 5.3.3). */
  rootUpdatesMax: 256,
  envelopeBytesMax: 1024 * 1024,
  /** Signatures on one document, and keys of one role. */
  signaturesMax: 32,
  deploymentKeysBytesMax: 16 * 1024,
  deploymentKeysMax: 16,
  /** Of a key in PEM. */
  pemBytesMax: 1024,
} as const;
