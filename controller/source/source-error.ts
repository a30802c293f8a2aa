/**
 * Why a source could not be read: UNREACHABLE no answer, NOT_AUTHORIZED the server wants another token, NOT_FOUND no such
 * repository, BAD_ANSWER the server does not speak git as it should, TOO_LARGE it sends more than is taken, CORRUPT what
 * is stored or sent does not fit its digests or is not whole, GONE a commit is not there, STORAGE the mirror can't be
 * written, UNSUPPORTED a kind of repository we cannot read.
 */
export type SourceErrorCode =
  | 'UNREACHABLE'
  | 'NOT_AUTHORIZED'
  | 'NOT_FOUND'
  | 'BAD_ANSWER'
  | 'TOO_LARGE'
  | 'CORRUPT'
  | 'GONE'
  | 'STORAGE'
  | 'UNSUPPORTED';

/** What this room throws; `code` decides, the message is for people. */
export class SourceError extends Error {
  readonly code: SourceErrorCode;
  constructor(code: SourceErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SourceError';
    this.code = code;
  }
}

/** The `code` of an error of Node or isomorphic-git; empty when it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
