/** Streams that need nothing of the machine. */
import type { InputStream, OutputStream, Readiness } from '../../../platform/streams.ts';

const nothing: Disposable = { [Symbol.dispose]: () => {} };

/** What is ready at all times. */
const alwaysReady: Readiness = { isReady: () => true, onReady: () => nothing };

/** An input that is at its end from the start. */
export const emptyInput: InputStream = { ...alwaysReady, read: () => 0, available: () => 0, hasEnded: () => true };

/** An output that takes everything at once. */
export function outputTo(take: (bytes: Uint8Array) => void): OutputStream {
  return {
    ...alwaysReady,
    write: (bytes) => {
      take(bytes);
      return bytes.length;
    },
  };
}

/** Of what is done something for each line with, so much is taken at a time: a thousand empty lines, or one of usual length. */
const portionBytes = 1_024;

/** An output that a person reads while it is written, so that programs write line by line. */
export function lineOutput(take: (bytes: Uint8Array) => void): OutputStream {
  return {
    ...alwaysReady,
    isTerminal: true,
    write: (bytes) => {
      const portion = bytes.subarray(0, portionBytes);
      take(portion);
      return portion.length;
    },
  };
}

/** An input of these bytes. */
export function inputOf(bytes: Uint8Array): InputStream {
  let at = 0;
  return {
    ...alwaysReady,
    read: (into) => {
      const part = bytes.subarray(at, at + into.length);
      into.set(part);
      at += part.length;
      return part.length;
    },
    available: () => bytes.length - at,
    hasEnded: () => at === bytes.length,
  };
}
