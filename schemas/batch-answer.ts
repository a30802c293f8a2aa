/** What the shore says to a batch: up to where it has everything, or why the device is to keep it for a while. */
export type BatchAnswer = {
  readonly application: string;
  readonly channel: string;
  readonly stream: string;
} & (
  | { readonly taken: { readonly segment: number; readonly index: number } }
  | { readonly wait: { readonly seconds: number; readonly code: string; readonly message: string } }
);

const answerBytesMax = 1_024;
const secondsMax = 86_400;
const wordsMax = 300;

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isText(value: unknown, lengthMax: number): value is string {
  return typeof value === 'string' && value.length <= lengthMax;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** The bytes of an answer. */
export function encodeAnswer(answer: BatchAnswer): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(answer));
}

/** Undefined for what is no answer. */
export function decodeAnswer(bytes: Uint8Array): BatchAnswer | undefined {
  if (bytes.length > answerBytesMax) return undefined;
  let fields: Readonly<Record<string, unknown>>;
  try {
    fields = fieldsOf(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return undefined;
  }
  const { application, channel, stream } = fields;
  if (!isText(application, 63) || !isText(channel, 63) || !isText(stream, 16)) return undefined;
  const of = { application, channel, stream };
  const { segment, index } = fieldsOf(fields.taken);
  if (isCount(segment) && isCount(index)) return { ...of, taken: { segment, index } };
  const { seconds, code, message } = fieldsOf(fields.wait);
  if (!isCount(seconds) || seconds > secondsMax || !isText(code, 64) || !isText(message, wordsMax)) return undefined;
  return { ...of, wait: { seconds, code, message } };
}
