import { type Clock, type Disk, type HttpResponse, type Network, NetworkError } from '../../platform/ports.ts';
import { passOver, unfit, unpacked } from './answer.ts';
import { AnswerFlow } from './answer-flow.ts';
import { DownloadError, isOfTheWay } from './download-error.ts';
import { PartialFile } from './partial-file.ts';
import type { Toll } from './passage.ts';
import type { CountBytes } from './small-file.ts';

/** A file named by its digest, and where to get it. */
export interface Blob {
  readonly url: string;
  readonly sha256: string;
  readonly length: number;
}

interface PartialPorts {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly disk: Disk;
}

/** What a 206 answer says it is a range of; undefined when its Content-Range can't be read. */
function rangeOf(response: HttpResponse): { readonly start: number; readonly total: string } | undefined {
  const [, start, total] =
    /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(response.headers['content-range'] ?? '') ?? [];
  return start === undefined || total === undefined ? undefined : { start: Number(start), total };
}

/** Told of what comes in, and asked for what may. */
interface Counting {
  readonly countBytes: CountBytes;
  readonly toll: Toll;
}

/** The same for one question, and the interface that it goes out of where that is chosen. */
interface Asking extends Counting {
  readonly exit: string | undefined;
}

/** The answer to the question for a blob from `from` on, or for as much of that as may travel. */
function request(
  network: Network,
  { url, length }: Blob,
  from: number,
  { toll, exit }: Asking,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const bytesMax = toll.ask(exit);
  const last = from + bytesMax < length ? from + bytesMax - 1 : '';
  const headers = { ...unpacked, ...(from > 0 || last !== '' ? { range: `bytes=${from}-${last}` } : {}) };
  return network.request({ method: 'GET', url, headers, ...(exit === undefined ? {} : { via: exit }) }, signal);
}

/** That what is announced has another length than the blob, such as a portal's page: nothing of it is kept. */
function wrongLength(announced: string | undefined, { url, length }: Blob): DownloadError | undefined {
  if (announced === undefined || announced === '*' || Number(announced) === length) return undefined;
  return new DownloadError('ARTIFACT_DAMAGED', `${url} announces ${announced} bytes, not ${length}`);
}

/** Where in the blob the body of an answer begins. */
interface Range {
  readonly start: number;
  /** Whether it said how long the blob is, rightly. */
  readonly isSound: boolean;
}

/** The range that an answer brings; undefined when that can't be told, or begins beyond what is there. */
function judge(response: HttpResponse, blob: Blob, there: number): Range | DownloadError | undefined {
  const { status, headers } = response;
  if (status === 416) return undefined;
  const fault = unfit(blob.url, response);
  if (fault !== undefined) return fault;
  const range = status === 206 ? rangeOf(response) : { start: 0, total: headers['content-length'] };
  if (range === undefined || range.start > there) return undefined;
  const { start, total } = range;
  return wrongLength(total, blob) ?? { start, isSound: total !== undefined && total !== '*' };
}

/** An answer whose body begins at or before the first byte that is missing. */
interface Continuation extends Range {
  readonly response: HttpResponse;
}

/** That an answer comes over another link than the one that was to be expected, and may not. */
function closedOn({ via }: HttpResponse, toll: Toll): unknown {
  try {
    toll.ask(via);
    return undefined;
  } catch (error) {
    return error;
  }
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
  asking: Asking,
  signal: AbortSignal,
): Promise<Continuation> {
  const { countBytes, toll } = asking;
  for (const from of there > 0 ? [there, 0] : [0]) {
    const response = await request(network, blob, from, asking, signal);
    const judged = judge(response, blob, there);
    const closed = closedOn(response, toll);
    if (judged !== undefined && !(judged instanceof DownloadError) && closed === undefined)
      return { response, ...judged };
    await passOver(response, countBytes);
    if (judged instanceof DownloadError) throw judged;
    if (closed !== undefined) throw closed;
  }
  throw new DownloadError('SERVER_REFUSED', `${blob.url} answers with ranges that were not asked for`);
}

/** Appends what of the body is not there yet; what arrived before it broke off is kept. */
async function append(
  { response, start }: Continuation,
  part: PartialFile,
  blob: Blob,
  { countBytes, toll }: Counting,
  flow: AnswerFlow,
): Promise<void> {
  let at = start;
  for await (const chunk of response.body) {
    flow.took(chunk.length);
    countBytes(chunk.length);
    toll.took(chunk.length, response.via);
    const fresh = chunk.subarray(Math.min(chunk.length, part.bytes - at));
    at += chunk.length;
    if (at > blob.length) {
      part.takeBack();
      throw new DownloadError('ARTIFACT_DAMAGED', `${blob.url} sent more than ${blob.length} bytes`);
    }
    if (fresh.length > 0) part.append(fresh);
    // Not every server keeps to a range.
    if (part.bytes < blob.length) toll.ask(response.via);
  }
}

/** Takes an answer in as far as it comes. One that said no length and ends early by itself is somebody else's: nothing of it is kept. */
async function receive(
  answer: Continuation,
  part: PartialFile,
  blob: Blob,
  counting: Counting,
  clock: Pick<Clock, 'monotonic'>,
): Promise<void> {
  const answered = new AnswerFlow(clock);
  let isForeign = false;
  part.beginAnswer();
  try {
    await append(answer, part, blob, counting, answered);
    if (part.bytes === blob.length || answer.isSound) return;
    const { bytes } = part;
    isForeign = true;
    part.takeBack();
    throw new DownloadError('FOREIGN_ANSWER', `${blob.url} ended by itself at ${bytes} of ${blob.length} bytes`);
  } finally {
    part.checkpoint();
    if (answered.flow !== undefined && !isForeign) counting.toll.came(answered.flow, answer.response.via);
  }
}

/** Whether an attempt came to nothing by the fault of the way it took. */
function isOfThisWay(error: unknown): boolean {
  if (error instanceof NetworkError) return error.code !== 'ABORTED';
  return error instanceof DownloadError && isOfTheWay(error.code);
}

/** Takes an answer in that comes by the way that is chosen for it; where nothing comes of that, by the next. */
async function bring(
  ports: Pick<PartialPorts, 'clock'> & { readonly network: Network },
  part: PartialFile,
  blob: Blob,
  counting: Counting,
  signal: AbortSignal,
): Promise<void> {
  const { toll } = counting;
  for (;;) {
    const [exit, there] = [toll.exit(), part.bytes];
    try {
      const answer = await ask(ports.network, blob, there, { ...counting, exit }, signal);
      return await receive(answer, part, blob, counting, ports.clock);
    } catch (error) {
      if (exit === undefined || part.bytes > there || !isOfThisWay(error) || !toll.failed(exit)) throw error;
    }
  }
}

/** That all bytes together are not the blob. What came in the newest answer is doubted first: what earlier ones brought outlives a liar. */
function mismatch(part: PartialFile, { url }: Blob): DownloadError {
  part.doubt();
  const kept = part.bytes;
  if (kept === 0) {
    part.discard();
    return new DownloadError('ARTIFACT_DAMAGED', `${url} does not have the digest it is named for`);
  }
  part.close();
  const message = `what came of ${url} in several answers does not have its digest: fetched anew from byte ${kept} on`;
  return new DownloadError('FOREIGN_ANSWER', message);
}

/** Keeps a blob that is there whole as if it had been brought: closed and durable. */
export function keepBlob(ports: PartialPorts, directory: string, { sha256 }: Blob, bytes: Uint8Array): PartialFile {
  const part = new PartialFile(ports, directory, sha256);
  if (part.bytes > 0) part.restart();
  part.append(bytes);
  part.finish();
  part.close();
  return part;
}

/**
 * Brings a blob into `directory`, going on where an earlier call or an earlier life of the agent was cut off, and returns
 * it closed, durable, and seen to have its digest; or throws and keeps what can be used next time.
 */
export async function downloadBlob(
  ports: PartialPorts & { readonly network: Network },
  directory: string,
  blob: Blob,
  counting: Counting,
  signal: AbortSignal,
): Promise<PartialFile> {
  const part = new PartialFile(ports, directory, blob.sha256);
  try {
    if (part.bytes > blob.length) part.restart();
    if (part.bytes < blob.length || blob.length === 0) {
      await bring(ports, part, blob, counting, signal);
    }
    // What was asked for came, and was as much as may be.
    if (part.bytes < blob.length) counting.toll.ask();
    if (part.bytes < blob.length) throw new NetworkError('CUT', `${blob.url} ended after ${part.bytes} bytes`);
  } catch (error) {
    part.close();
    throw error;
  }
  if (part.finish() !== blob.sha256) throw mismatch(part, blob);
  part.close();
  return part;
}
