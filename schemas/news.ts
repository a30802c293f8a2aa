/**
 * "Anything for me?": what a device without a session says and asks over HTTPS, in one request, and what it is answered.
 *
 *     asked      version, 1 byte · sum of what it knows as desired, 6 bytes, 0 for nothing · a brief report
 *     answered   deflated JSON; or nothing at all, where the report was taken and nothing is news
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { isBriefReport } from './brief-report.ts';
import { isObject } from './json-object.ts';

/** A request, taken apart. */
export interface NewsRequest {
  /** The sum of what the device knows as desired, 0 for nothing. */
  readonly knows: number;
  /** A brief report. */
  readonly report: Uint8Array;
}

/** What became of the report, and what is news. */
export interface NewsAnswer {
  /** `other-base`: it says what is other than in a report that is not at hand, and is to be sent whole. */
  readonly report: 'taken' | 'other-base' | 'refused';
  /** Why it is refused. */
  readonly message?: string;
  /** What is desired, where the device knows something else; null where nothing is. */
  readonly desired?: object | null;
}

const version = 1;
const sumBytes = 6;
const headBytes = 1 + sumBytes;

/** Of a request: a report takes 3 KB at most before it is packed. */
export const newsRequestBytesMax = 8_192;

/** Of an answer, before and after it is unpacked. */
export const newsAnswerBytesMax = 65_536;

/** The bytes of a request. */
export function packNewsRequest({ knows, report }: NewsRequest): Uint8Array {
  const head = Buffer.alloc(headBytes, version);
  head.writeUIntBE(knows, 1, sumBytes);
  return Buffer.concat([head, report]);
}

/** Reads a request; undefined when it is none. What is in the report is judged by whoever takes it. */
export function parseNewsRequest(bytes: Uint8Array): NewsRequest | undefined {
  const report = bytes.subarray(headBytes);
  if (bytes.length > newsRequestBytesMax || bytes[0] !== version || !isBriefReport(report)) return undefined;
  return { knows: Buffer.from(bytes.subarray(1, headBytes)).readUIntBE(0, sumBytes), report };
}

/** The bytes of an answer; none where there is nothing to say. */
export function packNewsAnswer(answer: NewsAnswer): Uint8Array {
  if (answer.report === 'taken' && answer.desired === undefined) return new Uint8Array(0);
  return deflateRawSync(JSON.stringify(answer), { level: 9 });
}

const fates: readonly unknown[] = ['taken', 'other-base', 'refused'] satisfies NewsAnswer['report'][];

function isAnswer(value: unknown): value is NewsAnswer {
  if (!isObject(value) || !fates.includes(value.report)) return false;
  const { message, desired } = value;
  const isText = message === undefined || typeof message === 'string';
  return isText && (desired === undefined || desired === null || isObject(desired));
}

/** Reads an answer; undefined when it is none. */
export function parseNewsAnswer(bytes: Uint8Array): NewsAnswer | undefined {
  if (bytes.length === 0) return { report: 'taken' };
  try {
    const text = inflateRawSync(bytes, { maxOutputLength: newsAnswerBytesMax }).toString('utf8');
    const value: unknown = JSON.parse(text);
    return isAnswer(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
