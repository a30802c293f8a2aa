/** The bytes of a git commit object → what is shown of it, its signature, and the bytes that were signed. */
import type { RevisionStatus } from '../../schemas/generated/types.ts';
import { SourceError } from './source-error.ts';

/** Longest subject and author that are shown. */
const subjectCharactersMax = 200;
const authorCharactersMax = 200;

/** The last second of the year 9999: no later time is written with four digits of a year, as all others are. */
const shownSecondsMax = 253_402_300_799;

/** Of a tip: with its message, its parents and its signature; none that people make comes near. */
const commitBytesMax = 1024 * 1024;

export interface Commit {
  readonly status: RevisionStatus;
  readonly tree: string;
  readonly parents: readonly string[];
  /** All that people wrote, the subject first. */
  readonly message: string;
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
/** Whatever follows the time is a zone, well-formed or not: git takes it, and times are shown in UTC. */
const timeAndZone = /^ (-?\d+)(?: [^ ]*)?$/;

interface Identity {
  readonly name: string;
  readonly email: string;
  /** Seconds since the epoch; not a number where there is none. */
  readonly seconds: number;
}

/** `NAME <EMAIL> SECONDS ZONE`. Anybody may write any length of anything here. */
function readIdentity(value: string | undefined): Identity {
  const open = value?.indexOf('<') ?? -1;
  const close = value?.indexOf('>', open) ?? -1;
  if (value === undefined || open === -1 || close === -1) return { name: '', email: '', seconds: Number.NaN };
  const seconds = Number(timeAndZone.exec(value.slice(close + 1))?.[1] ?? Number.NaN);
  return { name: value.slice(0, open).trimEnd(), email: value.slice(open + 1, close), seconds };
}

function shownTime(seconds: number): string {
  return new Date(Math.min(Math.max(seconds, 0), shownSecondsMax) * 1000).toISOString();
}

function corrupt(oid: string, what: string): SourceError {
  return new SourceError('CORRUPT', `commit ${oid} ${what}`);
}

/** One character per byte keeps what was signed byte for byte, whatever encoding the message has. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** What a commit leads to, whatever the rest of it says; throws `SourceError` `CORRUPT` when it is none. */
export function commitLinks(oid: string, bytes: Uint8Array): Pick<Commit, 'tree' | 'parents'> {
  const text = latin1(bytes);
  const tree = /^tree ([0-9a-f]{40})\n/.exec(text)?.[1];
  if (tree === undefined) throw corrupt(oid, 'names no tree');
  const parents: string[] = [];
  const parent = /parent ([0-9a-f]{40})\n/y;
  parent.lastIndex = `tree ${tree}\n`.length;
  for (let found = parent.exec(text); found !== null; found = parent.exec(text)) parents.push(found[1]!);
  return { tree, parents };
}

/** Reads a commit object; throws `SourceError` `CORRUPT` when it is none, `TOO_LARGE` when it is one that nobody makes. */
export function parseCommit(oid: string, bytes: Uint8Array): Commit {
  if (bytes.length > commitBytesMax)
    throw new SourceError('TOO_LARGE', `commit ${oid} has ${bytes.length} bytes, at most ${commitBytesMax} are read`);
  const text = latin1(bytes);
  const end = text.indexOf('\n\n');
  const headerText = end === -1 ? text : text.slice(0, end + 1);
  const headers = readHeaders(headerText);
  const value = (name: string) => headers.find((header) => header.name === name)?.value;
  const links = commitLinks(oid, bytes);
  const author = readIdentity(value('author'));
  const { seconds } = readIdentity(value('committer'));
  if (!Number.isSafeInteger(seconds)) throw corrupt(oid, 'has no committer with a time');
  const utf8 = (latin: string) => Buffer.from(latin, 'latin1').toString('utf8');
  const message = utf8(end === -1 ? '' : text.slice(end + 2));
  const subject = message.split('\n', 1)[0]!.trim().slice(0, subjectCharactersMax);
  const signed = headers.filter(({ name }) => !signatureHeaders.has(name)).map(({ raw }) => raw);
  return {
    status: {
      id: oid,
      subject,
      author: utf8(author.name === '' ? author.email : author.name).slice(0, authorCharactersMax),
      committedAt: shownTime(seconds),
    },
    ...links,
    message,
    committedAtSeconds: seconds,
    signature: value('gpgsig'),
    signed: Buffer.from(signed.join('') + text.slice(headerText.length), 'latin1'),
  };
}
