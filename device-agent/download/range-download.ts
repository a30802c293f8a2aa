import { type Disk, type HttpResponse, type Network, NetworkError } from '../../platform/ports.ts';
import { packedAnswer, passOver, refusal, unpacked } from './answer.ts';
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

/** The answer to the question for a blob from `from` on. */
function request(network: Network, { url }: Blob, from: number, signal: AbortSignal): Promise<HttpResponse> {
  const headers = { ...unpacked, ...(from > 0 ? { range: `bytes=${from}-` } : {}) };
  return network.request({ method: 'GET', url, headers }, signal);
}

/** That what is announced has another length than the blob, such as a portal's page: nothing of it is kept. */
function wrongLength(announced: string | undefined, { url, length }: Blob): DownloadError | undefined {
  if (announced === undefined || announced === '*' || Number(announced) === length) return undefined;
  return new DownloadError('ARTIFACT_DAMAGED', `${url} announces ${announced} bytes, not ${length}`);
}

/** The position in the blob at which the body of an answer begins; undefined when that can't be told, or is beyond what is there. */
function startOf(response: HttpResponse, blob: Blob, there: number): number | DownloadError | undefined {
  const { status, headers } = response;
  if (status === 416) return undefined;
  if (status !== 200 && status !== 206) return refusal(blob.url, response);
  const range = status === 206 ? rangeOf(response) : { start: 0, total: headers['content-length'] };
  if (range === undefined || range.start > there) return undefined;
  return packedAnswer(blob.url, response) ?? wrongLength(range.total, blob) ?? range.start;
}

/** An answer whose body begins at or before the first byte that is missing. */
interface Continuation {
  readonly response: HttpResponse;
  readonly start: number;
}

/**
 * Asks for the rest without a validator: the name is a digest, so what is there can't be of another version, and an entity
 * tag only fails where a cache in between weakens or drops it. Where another range comes the whole is asked for, and what is
 * there of it is passed over: it is paid twice, and not lost if this breaks off too.
 */
async function ask(
  network: Network,
  blob: Blob,
  there: number,
  countBytes: CountBytes,
  signal: AbortSignal,
): Promise<Continuation> {
  for (const from of there > 0 ? [there, 0] : [0]) {
    const response = await request(network, blob, from, signal);
    const start = startOf(response, blob, there);
    if (typeof start === 'number') return { response, start };
    await passOver(response, countBytes);
    if (start !== undefined) throw start;
  }
  throw new DownloadError('SERVER_REFUSED', `${blob.url} answers with ranges that were not asked for`);
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
      const { response, start } = await ask(ports.network, blob, part.bytes, countBytes, signal);
      await receive(response.body, start, part, blob, countBytes);
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
