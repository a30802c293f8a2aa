/** How much of a repository is read at once. */
import { SourceError } from './source-error.ts';

/** Bytes that are held at once of what somebody committed. */
export interface ObjectBounds {
  /** A release is no larger. */
  readonly blobBytesMax: number;
  /** A commit, a tag, a folder, a file that is read by itself. */
  readonly objectBytesMax: number;
  /** Of many blobs that are read together. */
  readonly togetherBytesMax: number;
  /** Of all blobs that somebody asks for at once, which are held until the last of them is read. */
  readonly askedBytesMax: number;
}

export const objectBounds: ObjectBounds = {
  blobBytesMax: 256 * 1024 * 1024,
  objectBytesMax: 16 * 1024 * 1024,
  togetherBytesMax: 256 * 1024 * 1024,
  askedBytesMax: 512 * 1024 * 1024,
};

/** What becomes of one that is larger; `bytes` is how large, where that is known. */
export function objectTooLarge(oid: string, bytesMax: number, bytes?: number): SourceError {
  const seen = bytes === undefined ? 'more' : `${bytes}`;
  const message = `object ${oid} has ${seen} bytes, at most ${bytesMax} are read`;
  return new SourceError('TOO_LARGE', message, undefined, oid);
}

/** What becomes of blobs that are more together than is held; the largest of those whose sizes are known is named. */
export function heldTooMuch(oids: readonly string[], sizes: readonly number[], bytesMax: number): SourceError {
  const largest = sizes.reduce((most, size, at) => (size > sizes[most]! ? at : most), 0);
  const what = `object ${oids[largest]} has ${sizes[largest]} bytes, the most of some that are read together`;
  return new SourceError('TOO_LARGE', `${what}; at most ${bytesMax} are in all of them`, undefined, oids[largest]);
}
