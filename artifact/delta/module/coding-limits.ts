const mebibyte = 1 << 20;

/**
 * Bits of the table of counters, four bytes each. Decoding a file of up to four megabytes has to fit into 96 MB of
 * process with all that the files take; who runs larger ones has more.
 */
export const counterBits = (newBytes: number): number => {
  if (newBytes <= 1.5 * mebibyte) return 21;
  return newBytes <= 4 * mebibyte ? 20 : 22;
};
