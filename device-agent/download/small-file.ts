import type { Network } from '../../platform/ports.ts';
import { heardWhole, passOver, refusal, unfit, unpacked } from './answer.ts';
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
  const tooLong = () => new DownloadError('ARTIFACT_DAMAGED', `${url} is larger than ${bytesMax} bytes`);
  return heardWhole(response, bytesMax, countBytes, tooLong);
}
