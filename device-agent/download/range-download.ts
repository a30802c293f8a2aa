import { type Disk, type HttpResponse, type Network, NetworkError } from '../../platform/ports.ts';
import { DownloadError } from './download-error.ts';
import { PartialFile } from './partial-file.ts';
import type { CountBytes } from './small-file.ts';

/** A file named by its digest, and where to get it. */
export interface Blob {
  readonly url: string;
  readonly sha256: string;
  readonly length: number;
}

/** The position at which a 206 answer starts; undefined when its Content-Range can't be read. */
function rangeStart(response: HttpResponse): number | undefined {
  const match = /^bytes (\d{1,15})-\d{1,15}\//.exec(response.headers['content-range'] ?? '');
  return match === null ? undefined : Number(match[1]);
}

function request(network: Network, blob: Blob, part: PartialFile, signal: AbortSignal): Promise<HttpResponse> {
  const headers: Record<string, string> = {};
  if (part.bytes > 0) {
    headers.range = `bytes=${part.bytes}-`;
    if (part.etag !== undefined) headers['if-range'] = part.etag;
  }
  return network.request({ method: 'GET', url: blob.url, headers }, signal);
}

/** Brings the part in line with what the server is about to send. */
function align(response: HttpResponse, blob: Blob, part: PartialFile): void {
  const { status } = response;
  if (status === 206 && rangeStart(response) === part.bytes) return;
  if (status === 200) {
    part.restart(response.headers.etag);
    return;
  }
  if (status === 404 || status === 410) throw new DownloadError('ARTIFACT_MISSING', `${blob.url} answered ${status}`);
  if (status === 206 || status === 416) {
    part.restart(undefined);
    throw new NetworkError('CUT', `${blob.url} answered ${status} with another range than asked for`);
  }
  throw new DownloadError('SERVER_REFUSED', `${blob.url} answered ${status}`);
}

/** Appends the body; what arrived before it broke off is kept. */
async function receive(response: HttpResponse, blob: Blob, part: PartialFile, countBytes: CountBytes): Promise<void> {
  try {
    for await (const chunk of response.body) {
      countBytes(chunk.length);
      if (part.bytes + chunk.length > blob.length) {
        part.restart(undefined);
        throw new DownloadError('ARTIFACT_DAMAGED', `${blob.url} sent more than ${blob.length} bytes`);
      }
      part.append(chunk);
    }
  } finally {
    part.checkpoint();
  }
}

/**
 * Brings a blob into `directory`, going on where an earlier call or an earlier life of the agent was cut off, and returns
 * it closed, durable, and seen to have its digest; or throws and keeps what can be used next time.
 */
export async function downloadBlob(
  ports: { readonly disk: Disk; readonly network: Network },
  directory: string,
  blob: Blob,
  countBytes: CountBytes,
  signal: AbortSignal,
): Promise<PartialFile> {
  const part = new PartialFile(ports.disk, directory, blob.sha256);
  try {
    if (part.bytes > blob.length) part.restart(undefined);
    if (part.bytes < blob.length || blob.length === 0) {
      const response = await request(ports.network, blob, part, signal);
      align(response, blob, part);
      await receive(response, blob, part, countBytes);
    }
    if (part.bytes < blob.length) throw new NetworkError('CUT', `${blob.url} ended after ${part.bytes} bytes`);
  } catch (error) {
    part.close();
    throw error;
  }
  if (part.finish() !== blob.sha256) {
    part.discard();
    throw new DownloadError('ARTIFACT_DAMAGED', `${blob.url} does not have the digest it is named for`);
  }
  part.close();
  return part;
}
