/** Asks the controller for news, in one request, or two where it does not have the report that this one goes on from. */
import { type HttpResponse, type Network, NetworkError } from '../../platform/ports.ts';
import { packReport, sumOfJson } from '../../schemas/brief-report.ts';
import { newsAnswerBytesMax, packNewsRequest, parseNewsAnswer } from '../../schemas/news.ts';
import { passOver, refusal, unfit, unpacked } from '../download/answer.ts';
import { DownloadError } from '../download/download-error.ts';
import type { CountBytes } from '../download/small-file.ts';
import type { LinkTrouble } from '../transport/link-trouble.ts';
import type { NewsQuestion, NewsReply } from '../transport/news.ts';

/** What it is asked with. */
export interface NewsPorts {
  readonly network: Network;
  readonly countBytes: CountBytes;
  /** https:// URL of the controller. */
  readonly controller: string;
}

const noContent = 204;

/** Why it is no answer of a controller, from all but its body: a page may be longer than any answer. */
function faultOf(url: string, response: HttpResponse): DownloadError | undefined {
  if (response.status === noContent) return undefined;
  return unfit(url, response) ?? (response.status === 200 ? undefined : refusal(url, response));
}

async function exchange(ports: NewsPorts, { report, base, desired }: NewsQuestion, signal: AbortSignal) {
  const url = new URL('/news', ports.controller).href;
  const knows = desired === undefined ? 0 : sumOfJson(desired);
  const body = packNewsRequest({ knows, report: packReport(report, base) });
  const response = await ports.network.request({ method: 'POST', url, headers: unpacked, body }, signal);
  const fault = faultOf(url, response);
  if (fault !== undefined) {
    await passOver(response, ports.countBytes);
    throw fault;
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    ports.countBytes(chunk.length);
    bytes += chunk.length;
    if (bytes > newsAnswerBytesMax) throw new DownloadError('SERVER_REFUSED', `${url} answered far too much`);
    chunks.push(chunk);
  }
  const answer = parseNewsAnswer(Buffer.concat(chunks));
  if (answer === undefined) throw new DownloadError('SERVER_REFUSED', `${url} answered what is no news`);
  return answer;
}

function troubleOf(error: unknown): LinkTrouble {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof DownloadError && error.code === 'PORTAL') return { kind: 'portal', message };
  if (error instanceof NetworkError && error.code === 'TLS') return { kind: 'certificate', message };
  return { kind: 'https', message };
}

/** Never rejects: what failed is told. */
export async function askNews(ports: NewsPorts, question: NewsQuestion, signal: AbortSignal): Promise<NewsReply> {
  try {
    let answer = await exchange(ports, question, signal);
    if (answer.report === 'other-base') {
      const { base: _otherBase, ...whole } = question;
      answer = await exchange(ports, whole, signal);
    }
    return { kind: 'answered', answer };
  } catch (error) {
    const { retryAfterMs } = error instanceof DownloadError ? error : {};
    return { kind: 'unanswered', trouble: troubleOf(error), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }
}
