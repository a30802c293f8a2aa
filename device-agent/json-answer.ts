import type { HttpResponse } from '../platform/ports.ts';
import { isObject } from '../schemas/json-object.ts';

const answerBytesMax = 65_536;

/** The object that an answer of the controller's API is; an empty one where it is too long, or none. */
export async function jsonAnswer({ body }: Pick<HttpResponse, 'body'>): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > answerBytesMax) return {};
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
