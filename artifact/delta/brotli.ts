import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { DeltaError } from './error.ts';

const windowBits = (size: number): number => {
  let bits = 16;
  while (bits < 30 && 2 ** bits - 16 < size) bits++;
  return bits;
};

/** Packs bytes with brotli, against a dictionary where one is given; quality 0 to 11. */
export const packBrotli = (bytes: Uint8Array, quality: number, dictionary?: Uint8Array): Uint8Array => {
  const bits = windowBits(bytes.length);
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_LGWIN]: bits,
      [constants.BROTLI_PARAM_LARGE_WINDOW]: bits > 24 ? 1 : 0,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
    ...(dictionary?.length ? { dictionary } : {}),
  });
};

/** Bits of the window that a stream asks memory for, from its first bytes; see RFC 7932, 9.1, and its large windows. */
const windowBitsOf = ([first = 0, second = 0]: Uint8Array): number => {
  if ((first & 1) === 0) return 16;
  const short = (first >> 1) & 7;
  if (short !== 0) return 17 + short;
  const long = (first >> 4) & 7;
  if (long === 1) return second & 63;
  return long === 0 ? 17 : 8 + long;
};

/** Unpacks exactly `size` bytes; the window, and with it the memory, follows from the size that the header announced. */
export const unpackBrotli = (packed: Uint8Array, size: number, dictionary?: Uint8Array): Uint8Array => {
  const asked = windowBitsOf(packed);
  if (asked > windowBits(size)) {
    throw new DeltaError('over-limit', `a window of ${asked} bits for ${size} bytes, at most ${windowBits(size)}`);
  }
  try {
    const bytes = brotliDecompressSync(packed, {
      maxOutputLength: Math.max(1, size),
      params: { [constants.BROTLI_DECODER_PARAM_LARGE_WINDOW]: windowBits(size) > 24 ? 1 : 0 },
      ...(dictionary?.length ? { dictionary } : {}),
    });
    if (bytes.length === size) return bytes;
  } catch (error) {
    throw new DeltaError('patch-corrupt', `the brotli stream does not unpack: ${(error as Error).message}`);
  }
  throw new DeltaError('patch-corrupt', `the brotli stream does not unpack to the announced ${size} bytes`);
};
