/** Asks `git cat-file` for objects, and reads what it prints. */
import { hash } from 'node:crypto';
import type { GitObject } from './git-engine.ts';
import { objectTooLarge } from './object-bounds.ts';
import { SourceError } from './source-error.ts';

/** What is written to it: a line for each object, its id or whatever names it. */
export function askingFor(names: readonly string[]): Uint8Array {
  return new TextEncoder().encode(names.map((name) => `${name}\n`).join(''));
}

const [newline, space, zero, nine, letterA, letterB] = [0x0a, 0x20, 0x30, 0x39, 0x61, 0x62];
const oidDigits = 40;

/** Where one object lies in what `--batch` prints: `OID TYPE SIZE LF CONTENT LF`. */
interface Printed {
  /** What git hashes is `TYPE SIZE NUL CONTENT`: it stands here but for the NUL. */
  readonly type: number;
  readonly content: number;
  /** Behind the LF at its end. */
  readonly next: number;
}

/** Undefined where something else stands, `OID missing LF` most likely. Of a hundred thousand no header becomes text. */
function headerAt(output: Uint8Array, at: number): Printed | undefined {
  const type = at + oidDigits + 1;
  let end = type;
  while (output[end]! >= letterA) end += 1;
  if (output[end] !== space) return undefined;
  end += 1;
  let bytes = 0;
  for (let digit = output[end]!; digit >= zero && digit <= nine; digit = output[end]!) {
    bytes = bytes * 10 + digit - zero;
    end += 1;
  }
  const content = end + 1;
  return output[end] === newline ? { type, content, next: content + bytes + 1 } : undefined;
}

/** Undefined also where not all of it stands. */
function printedAt(output: Uint8Array, at: number): Printed | undefined {
  const printed = headerAt(output, at);
  return printed !== undefined && printed.next <= output.length ? printed : undefined;
}

/** How long the answer is that begins so, an object or a line; undefined while that is not to be seen. Throws where it has more than may be read. */
export function printedLength(begun: Uint8Array, bytesMax: number): number | undefined {
  const line = begun.indexOf(newline);
  if (line === -1) return undefined;
  const printed = headerAt(begun, 0);
  if (printed === undefined) return line + 1;
  const bytes = printed.next - 1 - printed.content;
  if (bytes > bytesMax) throw objectTooLarge(latin1Of(begun, 0, oidDigits), bytesMax, bytes);
  return printed.next;
}

/** `subarray` would make a `Buffer` of it, which takes several times as long. */
function viewOf({ buffer, byteOffset }: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + start, end - start);
}

function contentOf(output: Uint8Array, { content, next }: Printed): Uint8Array {
  return viewOf(output, content, next - 1);
}

function latin1Of(output: Uint8Array, start: number, end: number): string {
  return Buffer.from(output.buffer, output.byteOffset + start, end - start).toString('latin1');
}

function lineEnd(output: Uint8Array, at: number): number {
  const end = output.indexOf(newline, at);
  return end === -1 ? output.length : end;
}

function lineAt(output: Uint8Array, at: number): string {
  return latin1Of(output, at, lineEnd(output, at));
}

/** The LF behind its header is a NUL from then on: what is hashed need not be put together. */
function assertFits(output: Uint8Array, { type, content, next }: Printed, what: string, oid: string): void {
  output[content - 1] = 0;
  if (hash('sha1', viewOf(output, type, next - 1)) !== oid)
    throw new SourceError('CORRUPT', `${what} ${oid} does not fit its id`);
}

/** Contents of blobs, checked against their ids, all that were asked for. */
export function printedBlobs(output: Uint8Array, oids: readonly string[]): Uint8Array[] {
  let at = 0;
  return oids.map((oid) => {
    const printed = printedAt(output, at);
    // No other type begins so.
    if (printed === undefined || output[printed.type] !== letterB)
      throw new SourceError('CORRUPT', `blob ${oid} can't be read: ${lineAt(output, at)}`);
    assertFits(output, printed, 'blob', oid);
    at = printed.next;
    return contentOf(output, printed);
  });
}

/** The id of the first object, for who asked by another name; undefined where it is missing. */
export function printedId(output: Uint8Array): string | undefined {
  return printedAt(output, 0) && latin1Of(output, 0, oidDigits);
}

/** The first object, checked against its id; undefined where it is missing. */
export function printedObject(output: Uint8Array, oid: string): GitObject | undefined {
  const printed = printedAt(output, 0);
  if (printed === undefined) {
    const line = lineAt(output, 0);
    if (line === `${oid} missing`) return undefined;
    throw new SourceError('CORRUPT', `object ${oid} can't be read: ${line}`);
  }
  assertFits(output, printed, 'object', oid);
  const type = latin1Of(output, printed.type, output.indexOf(space, printed.type));
  return { type, content: contentOf(output, printed) };
}

/** Contents as they are, with their ids, of those that are there. */
export function* printedContents(
  output: Uint8Array,
  oids: readonly string[],
): Iterable<readonly [oid: string, content: Uint8Array]> {
  let at = 0;
  for (const oid of oids) {
    const printed = printedAt(output, at);
    if (printed !== undefined) yield [oid, contentOf(output, printed)];
    at = printed?.next ?? lineEnd(output, at) + 1;
  }
}

/** What makes it print sizes alone. */
export const printSizes = '--batch-check=%(objectsize)';

/** `SIZE LF` for each; what is missing counts as nothing. */
export function printedSizes(output: Uint8Array): number[] {
  return latin1Of(output, 0, output.length)
    .split('\n')
    .map((line) => (/^\d+$/.test(line) ? Number(line) : 0));
}
