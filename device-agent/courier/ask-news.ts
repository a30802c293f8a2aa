/** Asks the controller for news, in one request, or two where it does not have the report that this one goes on from. */
import { NetworkError } from '../../platform/ports.ts';
import { packReport, sumOfJson } from '../../schemas/brief-report.ts';
import { newsAnswerBytesMax, packNewsRequest, parseNewsAnswer } from '../../schemas/news.ts';
import { DownloadError } from '../download/download-error.ts';
import type { LinkTrouble } from '../transport/link-trouble.ts';
import type { NewsQuestion, NewsReply } from '../transport/news.ts';
import { CertificateRefusal, type ControllerPorts, post } from './controller-post.ts';

async function exchange(ports: ControllerPorts, { report, base, desired }: NewsQuestion, signal: AbortSignal) {
  const knows = desired === undefined ? 0 : sumOfJson(desired);
  const body = packNewsRequest({ knows, report: packReport(report, base) });
  const { url, bytes = new Uint8Array(0) } = await post(ports, '/news', { body, bytesMax: newsAnswerBytesMax }, signal);
  const answer = parseNewsAnswer(bytes);
  if (answer === undefined) throw new DownloadError('SERVER_REFUSED', `${url} answered what is no news`);
  return answer;
}

function troubleOf(error: unknown): LinkTrouble {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof CertificateRefusal) return { kind: 'refused', message };
  if (error instanceof DownloadError && error.code === 'PORTAL') return { kind: 'portal', message };
  if (error instanceof NetworkError && error.code === 'TLS') return { kind: 'certificate', message };
  return { kind: 'https', message };
}

/** By what it is asked for. */
interface NewsPorts extends ControllerPorts {
  /** The gateway that answers come through. */
  readonly through?: () => string | undefined;
}

/** Never rejects: what failed is told. */
export async function askNews(ports: NewsPorts, question: NewsQuestion, signal: AbortSignal): Promise<NewsReply> {
  try {
    let answer = await exchange(ports, question, signal);
    if (answer.report === 'other-base') {
      const { base: _otherBase, ...whole } = question;
      answer = await exchange(ports, whole, signal);
    }
    const through = ports.through?.();
    return { kind: 'answered', answer, ...(through === undefined ? {} : { through }) };
  } catch (error) {
    const { retryAfterMs } = error instanceof DownloadError ? error : {};
    return { kind: 'unanswered', trouble: troubleOf(error), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }
}
