import type { Network } from '../../platform/ports.ts';
import { passOver, refusal, unfit, unpacked } from './answer.ts';
import { DownloadError } from './download-error.ts';

/** Told of every piece of a body that arrived, wanted or not. */
export type CountBytes = (bytes: number) => void;

/** A whole small file; undefined when the server has none. A body over `bytesMax` is refused as soon as it is. */
export async function fetchSmallFile(
  network: Network,
  url: string,
  bytesMax: number,
  countBytes: CountBytes,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const response = await network.request({ method: 'GET', url, headers: unpacked }, signal);
  const fault = unfit(url, response) ?? (response.status === 206 ? refusal(url, response) : undefined);
  if (fault !== undefined) {
    await passOver(response, countBytes);
    if (fault.code === 'ARTIFACT_MISSING') return undefined;
    throw fault;
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    countBytes(chunk.length);
    bytes += chunk.length;
    if (bytes > bytesMax) throw new DownloadError('ARTIFACT_DAMAGED', `${url} is larger than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
