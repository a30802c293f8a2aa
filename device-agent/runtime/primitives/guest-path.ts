/** Paths as guests say them. */
import { FileError } from '../../../platform/file-handles.ts';

const pathBytesMax = 4096;
const nameBytesMax = 255;
const decoder = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

/** A path in its parts: names, `.` and `..`. */
export interface GuestPath {
  readonly parts: readonly string[];
  readonly isAbsolute: boolean;
  /** It ends in a slash, in `.` or in `..`, and so can only name a directory. */
  readonly namesDirectory: boolean;
}

/** Takes a text that a guest wrote, as long as it is UTF-8 without NUL. */
export function decodeText(bytes: Uint8Array): string {
  if (bytes.length > pathBytesMax) throw new FileError('name-too-long', `${bytes.length} bytes of path`);
  let text: string;
  try {
    // A copy, because the guest's memory may be shared, which a decoder refuses.
    text = decoder.decode(bytes.slice());
  } catch {
    throw new FileError('illegal-byte-sequence', 'the path is not UTF-8');
  }
  if (text.includes('\0')) throw new FileError('illegal-byte-sequence', 'the path has a NUL in it');
  return text;
}

/** Cuts a path into its parts; an empty one names nothing. */
export function parsePath(text: string): GuestPath {
  if (text === '') throw new FileError('no-entry', 'the path is empty');
  const parts = text.split('/').filter((part) => part !== '');
  if (parts.some((part) => part.length > nameBytesMax / 4 && encoder.encode(part).length > nameBytesMax)) {
    throw new FileError('name-too-long', `a name in the path has more than ${nameBytesMax} bytes`);
  }
  const last = parts.at(-1);
  return {
    parts,
    isAbsolute: text.startsWith('/'),
    namesDirectory: text.endsWith('/') || last === '.' || last === '..',
  };
}
