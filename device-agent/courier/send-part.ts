/** Takes a part of a batch of messages to the controller, over HTTPS. */
import type { PartReply } from '../transport/news.ts';
import { type ControllerPorts, post } from './controller-post.ts';

const answerBytesMax = 4_096;

/** Never rejects: what did not arrive is sent again later. */
export async function sendPart(ports: ControllerPorts, part: Uint8Array, signal: AbortSignal): Promise<PartReply> {
  try {
    const { bytes } = await post(ports, '/messages', { body: part, bytesMax: answerBytesMax }, signal);
    return bytes === undefined ? { kind: 'sent' } : { kind: 'sent', answer: Buffer.from(bytes).toString('base64') };
  } catch {
    return { kind: 'unsent' };
  }
}
