import { TrustError } from '../../artifact/trust/error.ts';
import { DiskError, NetworkError } from '../../platform/ports.ts';
import { DownloadError } from '../download/download-error.ts';
import type { Problem } from './decide.ts';

/** What bytes that are not trusted claim to be: the first word of the code under which they are refused. */
export type TrustSubject = 'ENVELOPE' | 'METADATA';

function codeOf(error: unknown, subject: TrustSubject): string {
  if (error instanceof TrustError) {
    return error.code === 'METADATA_MISSING' ? 'METADATA_MISSING' : `${subject}_${error.code}`;
  }
  if (error instanceof DownloadError) return error.code;
  if (error instanceof NetworkError) return error.code === 'TLS' ? 'SERVER_UNTRUSTED' : 'SERVER_UNREACHABLE';
  if (error instanceof DiskError) return error.code === 'NO_SPACE' ? 'DISK_FULL' : 'DISK_FAILING';
  return 'AGENT_FAULT';
}

/** An error as reports tell it. The text of a network failure changes from try to try and is left to the log. */
export function problemOf(error: unknown, subject: TrustSubject, sequence?: number): Problem {
  const code = codeOf(error, subject);
  const text = error instanceof Error ? error.message : String(error);
  const message = code === 'SERVER_UNREACHABLE' ? 'the server of releases does not answer; trying on' : text;
  return { code, message, ...(sequence === undefined ? {} : { sequence }) };
}

/** Whether the link alone is to blame: a normal state, not worth a word until it lasts. */
export function isLinkFailure(error: unknown): boolean {
  return error instanceof NetworkError && error.code !== 'TLS';
}
