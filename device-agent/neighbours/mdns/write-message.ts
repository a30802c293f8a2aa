/** Writes DNS messages as `read-message.ts` reads them; names are written out. */
import { type Name, type Question, recordType } from './dns-message.ts';

/** A record to write. */
export interface WrittenRecord {
  readonly name: Name;
  readonly data:
    | { readonly kind: 'a'; readonly address: string }
    | { readonly kind: 'ptr'; readonly to: Name }
    | { readonly kind: 'srv'; readonly port: number; readonly host: Name }
    /** Nothing is said in it. */
    | { readonly kind: 'txt' };
}

/** A message to write: a question where nothing is answered. */
export interface WrittenMessage {
  readonly id: number;
  readonly questions: readonly Question[];
  readonly answers: readonly WrittenRecord[];
  /** What who asks will want to know next. */
  readonly additional: readonly WrittenRecord[];
  readonly ttlSeconds: number;
  /** Whether records that one device alone has replace what was heard of them before. */
  readonly isFlushing: boolean;
}

const answerFlags = 0x8400;
const internet = 1;
const highBit = 0x8000;

function two(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

function nameBytes(name: Name): Uint8Array {
  const labels = name.map((label) => Buffer.from(label));
  return Buffer.concat([...labels.flatMap((label) => [Uint8Array.of(label.length), label]), Uint8Array.of(0)]);
}

function dataBytes({ data }: WrittenRecord): Uint8Array {
  switch (data.kind) {
    case 'a':
      return Uint8Array.from(data.address.split('.'), Number);
    case 'ptr':
      return nameBytes(data.to);
    case 'srv':
      // Priority and weight: there is one place only.
      return Buffer.concat([two(0), two(0), two(data.port), nameBytes(data.host)]);
    case 'txt':
      return Uint8Array.of(0);
    default:
      return data satisfies never;
  }
}

function recordBytes(record: WrittenRecord, { ttlSeconds, isFlushing }: WrittenMessage): Uint8Array {
  const { name, data } = record;
  const bytes = dataBytes(record);
  const flush = isFlushing && data.kind !== 'ptr' ? highBit : 0;
  return Buffer.concat([
    ...[nameBytes(name), two(recordType[data.kind]), two(internet | flush)],
    ...[two(0), two(ttlSeconds), two(bytes.length), bytes],
  ]);
}

function questionBytes({ name, type, isUnicast }: Question): Uint8Array {
  return Buffer.concat([nameBytes(name), two(type), two(internet | (isUnicast ? highBit : 0))]);
}

/** Its bytes. */
export function writeMessage(message: WrittenMessage): Uint8Array {
  const { id, questions, answers, additional } = message;
  const counts = [questions.length, answers.length, 0, additional.length];
  return Buffer.concat([
    ...[id, answers.length === 0 ? 0 : answerFlags, ...counts].map(two),
    ...questions.map(questionBytes),
    ...[...answers, ...additional].map((record) => recordBytes(record, message)),
  ]);
}
