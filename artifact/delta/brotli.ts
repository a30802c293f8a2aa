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

/** Unpacks exactly `size` bytes; the window, and with it the memory, follows from the size that the header announced. */
export const unpackBrotli = (packed: Uint8Array, size: number, dictionary?: Uint8Array): Uint8Array => {
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
