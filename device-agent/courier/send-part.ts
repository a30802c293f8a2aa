/** Takes a part of a batch of messages to the controller, over HTTPS. */
import { refusal, unfit, unpacked } from '../download/answer.ts';
import type { PartReply } from '../transport/news.ts';
import type { NewsPorts } from './ask-news.ts';

const answerBytesMax = 4_096;
const noContent = 204;

/** Never rejects: what did not arrive is sent again later. */
export async function sendPart(ports: NewsPorts, part: Uint8Array, signal: AbortSignal): Promise<PartReply> {
  try {
    const url = new URL('/messages', ports.controller).href;
    const response = await ports.network.request({ method: 'POST', url, headers: unpacked, body: part }, signal);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body) {
      ports.countBytes(chunk.length);
      bytes += chunk.length;
      if (bytes > answerBytesMax) return { kind: 'unsent' };
      chunks.push(chunk);
    }
    if (response.status === noContent) return { kind: 'sent' };
    if ((unfit(url, response) ?? (response.status === 200 ? undefined : refusal(url, response))) !== undefined)
      return { kind: 'unsent' };
    return { kind: 'sent', answer: Buffer.concat(chunks).toString('base64') };
  } catch {
    return { kind: 'unsent' };
  }
}
