/**
 * What a device answers to what the shore asked of it: messages of a channel that is the agent's own, each
 *
 *     {"id":"9f…","ask":"logs","isCut":true} \n   the head, JSON of at most 1 KB
 *     text in UTF-8, compressed by brotli
 */
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { isObject } from './json-object.ts';

/** The channel, in words of batches. No manifest may have it. */
export const answersChannel = { application: 'fleet-agent', channel: 'answers' } as const;

/** An answer, unpacked. */
export interface DeviceAnswer {
  /** Of what was asked. */
  readonly id: string;
  readonly text: string;
  /** There was more; what is oldest is missing. */
  readonly isCut?: true;
  /** Why there is nothing, or the newest may be missing. */
  readonly lack?: string;
}

const headBytesMax = 1_024;
const lackCharactersMax = 300;
/** Of an answer before it is compressed; whoever unpacks one believes nobody. */
export const answerTextBytesMax = 2_097_152;
/** Of a message. */
export const answerBytesMax = 32_768;
const idPattern = /^[0-9a-f]{16}$/;
const newline = 10;

function compressed(text: Uint8Array): Uint8Array {
  return brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } });
}

/** So much of the end of a text as compresses to so many bytes. */
function fittingEnd(text: Uint8Array, bytesMax: number): { readonly packed: Uint8Array; readonly isCut: boolean } {
  let end = text.subarray(-answerTextBytesMax);
  for (let packed = compressed(end); ; packed = compressed(end)) {
    if (packed.length <= bytesMax) return { packed, isCut: end.length < text.length };
    const share = (bytesMax / packed.length) * 0.95;
    end = end.subarray(end.length - Math.floor(end.length * share));
    // From the beginning of a line.
    end = end.subarray(end.indexOf(newline) + 1);
  }
}

/** The bytes of an answer, of which the text takes so many at most: where it has more its beginning is left out. */
export function encodeAnswer({ id, text, lack }: Omit<DeviceAnswer, 'isCut'>, bytesMax: number): Uint8Array {
  const { packed, isCut } = fittingEnd(Buffer.from(text), bytesMax);
  const head = {
    id,
    ...(isCut && { isCut }),
    ...(lack === undefined ? {} : { lack: lack.slice(0, lackCharactersMax) }),
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), packed]);
}

function headOf(bytes: Buffer): Omit<DeviceAnswer, 'text'> | undefined {
  const head: unknown = JSON.parse(bytes.toString('utf8'));
  if (!isObject(head)) return undefined;
  const { id, isCut, lack } = head;
  if (typeof id !== 'string' || !idPattern.test(id)) return undefined;
  if (lack !== undefined && (typeof lack !== 'string' || lack.length > lackCharactersMax)) return undefined;
  return { id, ...(isCut === true && { isCut }), ...(lack === undefined ? {} : { lack }) };
}

/** Undefined for what is none. */
export function decodeAnswer(message: Uint8Array): DeviceAnswer | undefined {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const end = bytes.subarray(0, headBytesMax).indexOf(newline);
  if (end === -1 || bytes.length > answerBytesMax) return undefined;
  try {
    const head = headOf(bytes.subarray(0, end));
    const text = brotliDecompressSync(bytes.subarray(end + 1), { maxOutputLength: answerTextBytesMax });
    return head && { ...head, text: text.toString('utf8') };
  } catch {
    return undefined;
  }
}
