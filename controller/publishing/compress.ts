import { brotliCompress, brotliCompressSync, constants } from 'node:zlib';

/** Makes bytes smaller; the device undoes it with brotli. */
export type Compress = (bytes: Uint8Array) => Promise<Uint8Array>;

// Quality 11 takes over a second a megabyte; bigger modules travel as deltas after their first time anyway.
const qualityOf = (bytes: Uint8Array) => (bytes.length <= 8 * 1024 * 1024 ? 11 : 9);

const options = (bytes: Uint8Array) => ({
  params: {
    [constants.BROTLI_PARAM_QUALITY]: qualityOf(bytes),
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  },
});

/** Brotli on a thread of Node's pool, beside the event loop. */
export const brotliInBackground: Compress = (bytes) =>
  new Promise((resolve, reject) => {
    brotliCompress(bytes, options(bytes), (error, result) => (error ? reject(error) : resolve(new Uint8Array(result))));
  });

/** Brotli at once: for runs that must be the same every time. */
export const brotliAtOnce: Compress = async (bytes) => new Uint8Array(brotliCompressSync(bytes, options(bytes)));
