/**
 * Where artifacts lie: files by their paths, such as `sha256/HEX`, in a directory or in a bucket. A file is there whole or not
 * at all, whoever stops in the middle of writing it.
 */
import type { ByteRange } from '../byte-range.ts';

/** Why the place where artifacts lie did not do what was asked. */
export type ArtifactErrorCode =
  | 'ARTIFACTS_UNREACHABLE'
  | 'ARTIFACTS_REFUSED'
  | 'ARTIFACTS_NO_BUCKET'
  | 'ARTIFACTS_FAILED'
  | 'ARTIFACT_TOO_LARGE'
  | 'ARTIFACT_DAMAGED';

/** What engines throw besides the errors of a disk; `code` decides, the message is for people. */
export class ArtifactError extends Error {
  readonly code: ArtifactErrorCode;
  constructor(code: ArtifactErrorCode, message: string) {
    super(message);
    this.name = 'ArtifactError';
    this.code = code;
  }
}

export interface ArtifactFiles {
  /** The bytes of a file, undefined where there is none. Rejects when it has more than `bytesMax`. */
  read(path: string, bytesMax: number): Promise<Uint8Array | undefined>;
  /** How many bytes a file has; undefined where there is none. */
  size(path: string): Promise<number | undefined>;
  /** A part of a file that is never replaced, in pieces, as they are taken; ends with an error where it is shorter. */
  open(path: string, range: ByteRange, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Makes a file, or replaces it whole; durable when it resolves. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Paths of all files that lie so many levels below a folder, sorted; they begin with the folder. */
  list(folder: string, levels: 1 | 2): Promise<readonly string[]>;
  /** No error when it is not there. */
  remove(path: string): Promise<void>;
}

/** What is too large for whoever reads it whole. */
export function tooLarge(path: string, bytesMax: number): ArtifactError {
  return new ArtifactError(
    'ARTIFACT_TOO_LARGE',
    `${path} has more than the ${bytesMax} bytes that are read; it is passed over`,
  );
}

/** What has to be put again: whoever reads it refuses it meanwhile. */
export function damaged(path: string): ArtifactError {
  return new ArtifactError(
    'ARTIFACT_DAMAGED',
    `the bytes of ${path} are not those of its name; it is put again where the repository has it`,
  );
}
