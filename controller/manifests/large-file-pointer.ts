/** What git holds in place of a file that went to Git LFS. */

const beginning = 'version https://git-lfs.github.com/spec/';

/** What is wrong with such a file, and how it is mended. */
export const largeFilePointerMessage =
  'git holds a Git LFS pointer here and not the file; git lfs untrack it, then git add --renormalize';

/** True for bytes that begin as a pointer of Git LFS does. */
export function isLargeFilePointer(bytes: Uint8Array): boolean {
  if (bytes[0] !== beginning.charCodeAt(0)) return false;
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, beginning.length)).toString() === beginning;
}
