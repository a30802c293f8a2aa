import type { Network } from '../../platform/ports.ts';
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
  const response = await network.request({ method: 'GET', url, headers: {} }, signal);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    countBytes(chunk.length);
    bytes += chunk.length;
    if (bytes > bytesMax) throw new DownloadError('ARTIFACT_DAMAGED', `${url} is larger than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  if (response.status === 404 || response.status === 410) return undefined;
  if (response.status !== 200) throw new DownloadError('SERVER_REFUSED', `${url} answered ${response.status}`);
  return Buffer.concat(chunks);
}
