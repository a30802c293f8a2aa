/** Says something to the controller over HTTPS, which answers with little or nothing. */
import type { HttpResponse, Network } from '../../platform/ports.ts';
import { heardWhole, passOver, refusal, unfit } from '../download/answer.ts';
import { DownloadError } from '../download/download-error.ts';
import type { CountBytes } from '../download/small-file.ts';
import { jsonAnswer } from '../json-answer.ts';

/** What it is said with. */
export interface ControllerPorts {
  readonly network: Network;
  readonly countBytes: CountBytes;
  /** https:// URL of the controller. */
  readonly controller: string;
}

/** What is said, and how much is heard of the answer. */
export interface Said {
  readonly body: Uint8Array;
  readonly bytesMax: number;
}

const noContent = 204;
const unauthorized = 401;

/** Why it is no answer of a controller, from all but its body: a page may be longer than any answer. */
function faultOf(url: string, response: HttpResponse): DownloadError | undefined {
  if (response.status === noContent) return undefined;
  return unfit(url, response) ?? (response.status === 200 ? undefined : refusal(url, response));
}

/** The controller does not take this device's certificate, and says why: another one will do. */
export class CertificateRefusal extends Error {}

const wordsMax = 300;

/** Throws where the answer says so. */
async function requireTaken(url: string, response: HttpResponse): Promise<void> {
  if (response.status !== unauthorized) return;
  const { code, message } = await jsonAnswer(response);
  if (typeof code !== 'string' || !code.startsWith('CERTIFICATE_')) throw refusal(url, response);
  throw new CertificateRefusal(`the controller does not take it: ${String(message).slice(0, wordsMax)}`);
}

/** The answer; without bytes where there is nothing to say. Rejects with `DownloadError`, `CertificateRefusal`, and as the network does. */
export async function post(
  { network, countBytes, controller }: ControllerPorts,
  path: string,
  { body, bytesMax }: Said,
  signal: AbortSignal,
): Promise<{ readonly url: string; readonly bytes?: Uint8Array }> {
  const url = new URL(path, controller).href;
  const response = await network.request({ method: 'POST', url, headers: {}, body }, signal);
  await requireTaken(url, response);
  const fault = faultOf(url, response);
  if (fault !== undefined) {
    await passOver(response, countBytes);
    throw fault;
  }
  const tooLong = () => new DownloadError('SERVER_REFUSED', `${url} answered far too much`);
  const bytes = await heardWhole(response, bytesMax, countBytes, tooLong);
  return response.status === noContent ? { url } : { url, bytes };
}
