/**
 * A report in few bytes: what it says otherwise than a text that both ends have, which is the report before it where they have that.
 *
 *     version, 1 byte · sum of the base, 6 bytes · sum of the report, 6 bytes · its text, deflated with the base as dictionary
 *
 * Both texts are JSON with sorted members; a sum is the beginning of a SHA-256. A device sends none before the shore has said that it
 * reads them.
 */
import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { isObject } from './json-object.ts';
import { reportPrimer } from './report-primer.ts';

const version = 1;
const sumBytes = 6;
const headBytes = 1 + 2 * sumBytes;

/** No report is longer. */
const textBytesMax = 8_192;

/** No shadow nests deeper. What does, as somebody sent it who wants the stack to overflow, is taken as it is below that. */
const sortedLevels = 64;

function sorted(value: unknown, levels = sortedLevels): unknown {
  if (levels === 0) return value;
  if (Array.isArray(value)) return value.map((one) => sorted(one, levels - 1));
  if (!isObject(value)) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted(value[name], levels - 1)]));
}

function textOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(sorted(value)));
}

function sumOf(text: Uint8Array | string): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, sumBytes);
}

/** The sum of a JSON value, by which two ends tell whether they have the same, as a number that JSON takes. */
export function sumOfJson(value: unknown): number {
  return sumOf(textOf(value)).readUIntBE(0, sumBytes);
}

/** What a report says otherwise than `base`; than what reports usually say where there is none. */
export function packReport(report: object, base?: object): Uint8Array {
  const dictionary = base === undefined ? Buffer.from(reportPrimer) : textOf(base);
  const text = textOf(report);
  const packed = deflateRawSync(text, { dictionary, level: 9 });
  return Buffer.concat([Buffer.of(version), sumOf(dictionary), sumOf(text), packed]);
}

/** The sum that names a brief report in its answer. */
export function packedSum(packed: Uint8Array): number {
  return Buffer.from(packed.subarray(1 + sumBytes, headBytes)).readUIntBE(0, sumBytes);
}

/** What the bytes of a brief report came to; `sum` names it in the answer. */
export type UnpackedReport =
  | { readonly kind: 'report'; readonly sum: number; readonly report: unknown }
  /** It says what is other than in a report that is not the one at hand. */
  | { readonly kind: 'other-base'; readonly sum: number }
  | { readonly kind: 'damaged'; readonly sum: number };

/** Whether bytes are a brief report of this version; no JSON begins so. */
export function isBriefReport(bytes: Uint8Array): boolean {
  return bytes[0] === version && bytes.length > headBytes;
}

function inflated(packed: Uint8Array, dictionary: Uint8Array): Buffer | undefined {
  try {
    return inflateRawSync(packed, { dictionary, maxOutputLength: textBytesMax });
  } catch {
    return undefined;
  }
}

/** Reads a brief report; `base` is the report before it, where there is one. Nothing counts that does not add up to its sum. */
export function unpackReport(bytes: Uint8Array, base?: object): UnpackedReport {
  const [baseSum, wanted] = [bytes.subarray(1, 1 + sumBytes), Buffer.from(bytes.subarray(1 + sumBytes, headBytes))];
  const sum = packedSum(bytes);
  const bases = [Buffer.from(reportPrimer), ...(base === undefined ? [] : [textOf(base)])];
  const dictionary = bases.find((text) => sumOf(text).equals(baseSum));
  if (dictionary === undefined) return { kind: 'other-base', sum };
  const text = inflated(bytes.subarray(headBytes), dictionary);
  if (text === undefined || !sumOf(text).equals(wanted)) return { kind: 'damaged', sum };
  try {
    return { kind: 'report', sum, report: JSON.parse(text.toString('utf8')) };
  } catch {
    return { kind: 'damaged', sum };
  }
}
