/** The bytes of a git commit object → what is shown of it, its signature, and the bytes that were signed. */
import type { RevisionStatus } from '../../schemas/generated/types.ts';
import { SourceError } from './source-error.ts';

/** Longest subject that is shown. */
const subjectCharactersMax = 200;

export interface Commit {
  readonly status: RevisionStatus;
  readonly tree: string;
  readonly parents: readonly string[];
  /** Committer time in seconds since the epoch. */
  readonly committedAtSeconds: number;
  /** Armored, as git keeps it in the header `gpgsig`. */
  readonly signature: string | undefined;
  /** The object without its signature headers: what the signature is over. */
  readonly signed: Uint8Array;
}

interface Header {
  readonly name: string;
  readonly value: string;
  /** The lines as they stand, line ends included. */
  readonly raw: string;
}

/** One header per line; a line that starts with a space goes on with the header before. */
function readHeaders(text: string): Header[] {
  const headers: Header[] = [];
  for (const line of text.split('\n').slice(0, -1)) {
    const last = headers.at(-1);
    if (line.startsWith(' ') && last !== undefined) {
      headers[headers.length - 1] = {
        name: last.name,
        value: `${last.value}\n${line.slice(1)}`,
        raw: `${last.raw}${line}\n`,
      };
    } else {
      const space = line.indexOf(' ');
      const name = space === -1 ? line : line.slice(0, space);
      headers.push({ name, value: line.slice(name.length + 1), raw: `${line}\n` });
    }
  }
  return headers;
}

const signatureHeaders = new Set(['gpgsig', 'gpgsig-sha256']);
const identity = /^(.*?) ?<([^>]*)> (-?\d+) [+-]\d{4}$/s;
const oidPattern = /^[0-9a-f]{40}$/;

function corrupt(oid: string, what: string): SourceError {
  return new SourceError('CORRUPT', `commit ${oid} ${what}`);
}

/** Reads a commit object; throws `SourceError` `CORRUPT` when it is none. */
export function parseCommit(oid: string, bytes: Uint8Array): Commit {
  // One character per byte keeps what was signed byte for byte, whatever encoding the message has.
  const text = Buffer.from(bytes).toString('latin1');
  const end = text.indexOf('\n\n');
  const headerText = end === -1 ? text : text.slice(0, end + 1);
  const headers = readHeaders(headerText);
  const value = (name: string) => headers.find((header) => header.name === name)?.value;
  const tree = value('tree') ?? '';
  if (!oidPattern.test(tree)) throw corrupt(oid, 'names no tree');
  const [, author = '', email = ''] = identity.exec(value('author') ?? '') ?? [];
  const seconds = Number(identity.exec(value('committer') ?? '')?.[3] ?? Number.NaN);
  if (!Number.isSafeInteger(seconds) || Math.abs(seconds) > 8.64e12) throw corrupt(oid, 'has no committer with a time');
  const message = end === -1 ? '' : text.slice(end + 2);
  const utf8 = (latin: string) => Buffer.from(latin, 'latin1').toString('utf8');
  const subject = utf8(message.split('\n', 1)[0]!).trim().slice(0, subjectCharactersMax);
  const signed = headers.filter(({ name }) => !signatureHeaders.has(name)).map(({ raw }) => raw);
  return {
    status: {
      id: oid,
      subject,
      author: utf8(author === '' ? email : author),
      committedAt: new Date(seconds * 1000).toISOString(),
    },
    tree,
    parents: headers.filter(({ name }) => name === 'parent').map((header) => header.value),
    committedAtSeconds: seconds,
    signature: value('gpgsig'),
    signed: Buffer.from(signed.join('') + text.slice(headerText.length), 'latin1'),
  };
}
