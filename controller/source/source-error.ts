/** Why this room could not do what it was asked, whoever is to blame. */
import { NetworkError } from '../../platform/ports.ts';

/**
 * Why a source could not be read: UNREACHABLE no answer, NOT_AUTHORIZED the server wants another token, NOT_FOUND no such
 * repository, BAD_ANSWER the server does not speak git as it should, TOO_LARGE it sends more than is taken, CORRUPT what
 * is stored or sent does not fit its digests or is not whole, GONE a commit is not there, STORAGE the mirror can't be
 * written, UNSUPPORTED a kind of repository we cannot read, ENGINE_ENDED what reads git for us ended in the middle,
 * FILES_REFUSED a commit holds its files in a way that nobody goes through.
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
  | 'UNSUPPORTED'
  | 'ENGINE_ENDED'
  | 'FILES_REFUSED';

/** What this room throws; `code` decides, the message is for people. */
export class SourceError extends Error {
  readonly code: SourceErrorCode;
  /** Of `TOO_LARGE` the id of the object, of `FILES_REFUSED` the path, for which no commit that has it is taken. */
  readonly subject: string | undefined;
  constructor(code: SourceErrorCode, message: string, cause?: unknown, subject?: string) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SourceError';
    this.code = code;
    this.subject = subject;
  }
}

/** What is wrong with the files of a commit itself; throws all else on. */
export function filesRefused(error: unknown): SourceError {
  if (error instanceof SourceError && error.code === 'FILES_REFUSED') return error;
  throw error;
}

/** The `code` of an error of Node or isomorphic-git; empty when it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** The message of whatever was thrown; of a failure that isomorphic-git wraps into advice to its users, what failed. */
export function messageOf(error: unknown): string {
  const { message } = (error as { readonly data?: { readonly message?: unknown } } | null | undefined)?.data ?? {};
  if (codeOf(error) === 'InternalError' && typeof message === 'string') return message;
  return error instanceof Error ? error.message : String(error);
}

const storageCodes = new Set(['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'EIO', 'ENOTDIR', 'EEXIST']);

/** What an exchange with a server, or storing what it sent, threw: errors of the disk, the network and isomorphic-git → ours. */
export function asFetchError(error: unknown, location: string): SourceError {
  if (error instanceof SourceError) return error;
  const code = codeOf(error);
  const status = (error as { readonly data?: { readonly statusCode?: number } }).data?.statusCode;
  const said = `${location}: ${messageOf(error)}`;
  if (storageCodes.has(code)) return new SourceError('STORAGE', messageOf(error), error);
  if (status === 401 || status === 403)
    return new SourceError('NOT_AUTHORIZED', `${location} wants another token, or one at all (HTTP ${status})`, error);
  if (status === 404)
    return new SourceError('NOT_FOUND', `${location} is not there (HTTP 404), or the token may not see it`, error);
  if (status !== undefined || error instanceof NetworkError) return new SourceError('UNREACHABLE', said, error);
  return new SourceError('BAD_ANSWER', said, error);
}
