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

/** What a 206 answer says it is a range of; undefined when its Content-Range can't be read. */
function rangeOf(response: HttpResponse): { readonly start: number; readonly total: string } | undefined {
  const [, start, total] =
    /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(response.headers['content-range'] ?? '') ?? [];
  return start === undefined || total === undefined ? undefined : { start: Number(start), total };
}

/**
 * Asks for the rest without a validator: the name is a digest, so what is there can't be of another version, and an entity
 * tag only fails where a cache in between weakens or drops it.
 */
function request(network: Network, blob: Blob, part: PartialFile, signal: AbortSignal): Promise<HttpResponse> {
  const headers: Record<string, string> = part.bytes > 0 ? { range: `bytes=${part.bytes}-` } : {};
  return network.request({ method: 'GET', url: blob.url, headers }, signal);
}

/** Refuses what announces another length than the blob's, such as a portal's page: nothing of it is kept. */
function requireLength(announced: string | undefined, blob: Blob): void {
  if (announced === undefined || announced === '*' || Number(announced) === blob.length) return;
  throw new DownloadError('ARTIFACT_DAMAGED', `${blob.url} announces ${announced} bytes, not ${blob.length}`);
}

/** The position in the blob at which the body of an answer begins; throws when there is none. */
function startOf(response: HttpResponse, blob: Blob, part: PartialFile): number {
  const { status, headers } = response;
  if (status === 200) {
    requireLength(headers['content-length'], blob);
    return 0;
  }
  const range = status === 206 ? rangeOf(response) : undefined;
  if (range !== undefined && range.start <= part.bytes) {
    requireLength(range.total, blob);
    return range.start;
  }
  if (status === 404 || status === 410) throw new DownloadError('ARTIFACT_MISSING', `${blob.url} answered ${status}`);
  if (status === 206 || status === 416) {
    part.restart();
    throw new NetworkError('CUT', `${blob.url} answered ${status} with another range than asked for`);
  }
  throw new DownloadError('SERVER_REFUSED', `${blob.url} answered ${status}`);
}

/** Appends what of the body is not there yet; what arrived before it broke off is kept. */
async function receive(
  body: AsyncIterable<Uint8Array>,
  start: number,
  part: PartialFile,
  blob: Blob,
  countBytes: CountBytes,
): Promise<void> {
  let at = start;
  try {
    for await (const chunk of body) {
      countBytes(chunk.length);
      const fresh = chunk.subarray(Math.min(chunk.length, part.bytes - at));
      at += chunk.length;
      if (at > blob.length) {
        part.restart();
        throw new DownloadError('ARTIFACT_DAMAGED', `${blob.url} sent more than ${blob.length} bytes`);
      }
      if (fresh.length > 0) part.append(fresh);
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
    if (part.bytes > blob.length) part.restart();
    if (part.bytes < blob.length || blob.length === 0) {
      const response = await request(ports.network, blob, part, signal);
      await receive(response.body, startOf(response, blob, part), part, blob, countBytes);
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
