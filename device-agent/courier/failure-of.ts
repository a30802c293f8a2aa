import { TrustError } from '../../artifact/trust/error.ts';
import { DiskError, NetworkError } from '../../platform/ports.ts';
import { DownloadError, isOfTheWay } from '../download/download-error.ts';
import type { Failure } from './courier.ts';

function codeOf(error: unknown): string {
  if (error instanceof TrustError) {
    return error.code === 'METADATA_MISSING' ? 'METADATA_MISSING' : `METADATA_${error.code}`;
  }
  if (error instanceof DownloadError) return error.code;
  if (error instanceof NetworkError) return error.code === 'TLS' ? 'SERVER_UNTRUSTED' : 'SERVER_UNREACHABLE';
  if (error instanceof DiskError) return error.code === 'NO_SPACE' ? 'DISK_FULL' : 'DISK_FAILING';
  return 'AGENT_FAULT';
}

function isFaultOfLink(error: unknown): boolean {
  if (error instanceof NetworkError) return error.code !== 'TLS';
  return error instanceof DownloadError && isOfTheWay(error.code);
}

/** An error as reports tell it. The text of a network failure changes from try to try and is left out. */
export function failureOf(error: unknown): Failure {
  const code = codeOf(error);
  const text = error instanceof Error ? error.message : String(error);
  const message = code === 'SERVER_UNREACHABLE' ? 'the server of releases does not answer; trying on' : text;
  const isLink = isFaultOfLink(error);
  const { retryAfterMs } = error instanceof DownloadError ? error : {};
  return {
    kind: 'failed',
    problem: { code, message },
    isLink,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
