/** Git directories by the git program, where it is installed. Redirects are resolved before, other protocols than http are off. */
import { isAscii } from 'node:buffer';
import { hash } from 'node:crypto';
import type { ProgramResult, Programs, RunOptions } from '../../platform/ports.ts';
import { type FetchOrder, fetchBytesMax, type GitEngine, type GitObject, silenceMsMax } from './git-engine.ts';
import { runOffline, settings, surroundings } from './git-program.ts';
import {
  comparingArguments,
  type EntryChange,
  entryArguments,
  hasDoubtfulName,
  type ListedEntry,
  listingArguments,
  readComparison,
  readListing,
} from './listed-tree.ts';
import { type ObjectBounds, objectBounds, objectTooLarge } from './object-bounds.ts';
import { objectId } from './object-id.ts';
import { SourceError } from './source-error.ts';
import { tooMany } from './tree-bounds.ts';

/** What one answer may hold: the contents of many manifests. */
const outputBytesMax = 256 * 1024 * 1024;

/** What a shell counts files in. */
const limitBlockBytes = 512;

/** The git program can't do it here; another engine may, and says better what is wrong. */
export class ProgramUnfitError extends Error {
  constructor(what: string, { code, complaint }: Pick<ProgramResult, 'code' | 'complaint'>) {
    super(`git ${what} ended with ${code ?? 'a signal'}: ${complaint.split('\n').at(-1)}`);
    this.name = 'ProgramUnfitError';
  }
}

const online = settings({
  'protocol.allow': 'never',
  'protocol.http.allow': 'always',
  'protocol.https.allow': 'always',
  'core.hooksPath': '/dev/null',
  'credential.helper': '',
  'http.followRedirects': 'false',
  'http.lowSpeedLimit': '1',
  'http.lowSpeedTime': String(silenceMsMax / 1000),
  // Packs are counted, loose objects are not.
  'fetch.unpackLimit': '1',
  // Git takes commits with malformed headers for what they are; so do we.
  'fetch.fsckObjects': 'false',
});

/** In the environment, which others on this machine can't read as they can arguments. */
function credentials({ authorization }: FetchOrder): Readonly<Record<string, string>> {
  if (authorization === undefined) return { GIT_CONFIG_COUNT: '0' };
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'http.extraHeader',
    GIT_CONFIG_VALUE_0: `authorization: ${authorization}`,
  };
}

const historyFlags = { tip: ['--depth=1'], new: [], all: ['--unshallow'] } as const;

/** `subarray` would make a `Buffer` of it, which takes several times as long. */
function viewOf({ buffer, byteOffset }: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + start, end - start);
}

/** Of megabytes of names, which mostly are ASCII, decoding them as more would hold up everybody. */
function textOf(bytes: Uint8Array): string {
  if (!isAscii(bytes)) return new TextDecoder().decode(bytes);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

const [newline, zero, nine, letterB] = [0x0a, 0x30, 0x39, 0x62];
const oidDigits = 40;

/** Says what stands where a blob was to be. */
function unreadable(output: Uint8Array, at: number, oid: string): SourceError {
  const end = output.indexOf(newline, at);
  const header = Buffer.from(viewOf(output, at, end === -1 ? output.length : end)).toString('latin1');
  return new SourceError('CORRUPT', `blob ${oid} can't be read: ${header}`);
}

/** `OID blob SIZE LF CONTENT LF` for each object, as `git cat-file --batch` prints them: a hundred thousand headers, read byte by byte. */
function blobsOf(output: Uint8Array, oids: readonly string[]): Uint8Array[] {
  let at = 0;
  return oids.map((oid) => {
    const typed = at + oidDigits + 1;
    let [end, size] = [typed + 'blob '.length, 0];
    for (let digit = output[end]!; digit >= zero && digit <= nine; digit = output[end]!) {
      size = size * 10 + digit - zero;
      end += 1;
    }
    const next = end + 1 + size + 1;
    // No other type begins so.
    if (output[typed] !== letterB || output[end] !== newline || next > output.length) throw unreadable(output, at, oid);
    // What git hashes is `blob SIZE NUL CONTENT`: it stands here but for the NUL, and need not be put together.
    output[end] = 0;
    if (hash('sha1', viewOf(output, typed, next - 1)) !== oid)
      throw new SourceError('CORRUPT', `blob ${oid} does not fit its id`);
    at = next;
    return viewOf(output, end + 1, next - 1);
  });
}

/** The same of one object of any type; `OID missing LF` where there is none. */
function objectOf(output: Uint8Array, oid: string): GitObject | undefined {
  const end = output.indexOf(0x0a);
  const header = Buffer.from(viewOf(output, 0, Math.max(end, 0))).toString('latin1');
  if (header === `${oid} missing`) return undefined;
  const [, type, size] = /^[0-9a-f]{40} (\w+) (\d{1,10})$/.exec(header) ?? [];
  if (type === undefined) throw new SourceError('CORRUPT', `object ${oid} can't be read: ${header}`);
  const content = viewOf(output, end + 1, end + 1 + Number(size));
  if (objectId(type, content) !== oid) throw new SourceError('CORRUPT', `object ${oid} does not fit its id`);
  return { type, content };
}

/** Of each object that a run prints, what stands around its content. */
const frameBytes = 64;

/** `SIZE LF` for each, as `git cat-file --batch-check` prints them; what is missing counts as nothing. */
function sizesOf(output: Uint8Array): number[] {
  return textOf(output)
    .split('\n')
    .map((line) => (/^\d+$/.test(line) ? Number(line) : 0));
}

/** As many as go together, in their order. */
function groupsOf(oids: readonly string[], sizes: readonly number[], bytesMax: number): string[][] {
  const groups: string[][] = [];
  let left = 0;
  for (const [at, oid] of oids.entries()) {
    const bytes = sizes[at]! + frameBytes;
    if (left < bytes) {
      groups.push([]);
      left = bytesMax;
    }
    left -= bytes;
    groups.at(-1)!.push(oid);
  }
  return groups;
}

class ProgramEngine implements GitEngine {
  readonly #programs: Programs;
  readonly #bounds: ObjectBounds;

  constructor(programs: Programs, bounds: ObjectBounds) {
    this.#programs = programs;
    this.#bounds = bounds;
  }

  #run(args: readonly string[], signal: AbortSignal, more: Partial<RunOptions> = {}): Promise<ProgramResult> {
    return runOffline(this.#programs, args, { outputBytesMax, ...more, signal });
  }

  async fetchBranch(order: FetchOrder, signal: AbortSignal): Promise<string> {
    const { gitDirectory, url, branch, history } = order;
    const ref = `refs/heads/${branch}`;
    const quiet = ['--quiet', '--force', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance'];
    const where = [`--git-dir=${gitDirectory}`, ...online];
    const args = [...where, 'fetch', ...quiet, ...historyFlags[history], url, `+${ref}:${ref}`];
    // A server may send for ever; no file of ours gets larger than this.
    const limited = `ulimit -f ${fetchBytesMax / limitBlockBytes}; exec git "$@"`;
    const fetched = await this.#programs.run('sh', ['-c', limited, 'git', ...args], {
      environment: { ...surroundings, ...credentials(order) },
      outputBytesMax,
      signal,
    });
    if (fetched.code !== 0) throw new ProgramUnfitError('fetch', fetched);
    const tip = await this.#run([`--git-dir=${gitDirectory}`, 'rev-parse', '--verify', ref], signal);
    const oid = new TextDecoder().decode(tip.output).trim();
    if (tip.code !== 0 || !/^[0-9a-f]{40}$/.test(oid)) throw new ProgramUnfitError('rev-parse', tip);
    return oid;
  }

  async isAncestor(gitDirectory: string, ancestor: string, descendant: string, signal: AbortSignal): Promise<boolean> {
    const args = [`--git-dir=${gitDirectory}`, 'merge-base', '--is-ancestor', ancestor, descendant];
    const judged = await this.#run(args, signal);
    if (judged.code !== 0 && judged.code !== 1) throw new ProgramUnfitError('merge-base', judged);
    return judged.code === 0;
  }

  async readBlobs(gitDirectory: string, oids: readonly string[], signal: AbortSignal): Promise<readonly Uint8Array[]> {
    const outputBytesMax = this.#bounds.togetherBytesMax + frameBytes;
    const read = await this.#catFile(gitDirectory, ['--batch', '--buffer'], oids, signal, outputBytesMax);
    if (read.code === 0) return blobsOf(read.output, oids);
    if (read.isTooMuch === undefined) throw new ProgramUnfitError('cat-file', read);
    // Who asks for that much is told of the one that nobody should have, or has the others in parts.
    const groups = await this.#parts(gitDirectory, oids, signal);
    if (groups.length === 1)
      throw new ProgramUnfitError('cat-file', { code: 0, complaint: 'it prints more than it said' });
    const contents: (readonly Uint8Array[])[] = [];
    for (const group of groups) contents.push(await this.readBlobs(gitDirectory, group, signal));
    return contents.flat();
  }

  async #parts(gitDirectory: string, oids: readonly string[], signal: AbortSignal): Promise<string[][]> {
    const { blobBytesMax, togetherBytesMax } = this.#bounds;
    const checked = await this.#catFile(gitDirectory, ['--batch-check=%(objectsize)'], oids, signal);
    if (checked.code !== 0) throw new ProgramUnfitError('cat-file', checked);
    const sizes = sizesOf(checked.output);
    const large = oids.findIndex((_, at) => sizes[at]! > blobBytesMax);
    if (large !== -1) throw objectTooLarge(oids[large]!, blobBytesMax, sizes[large]);
    return groupsOf(oids, sizes, togetherBytesMax);
  }

  #catFile(
    gitDirectory: string,
    how: readonly string[],
    oids: readonly string[],
    signal: AbortSignal,
    bytesMax = outputBytesMax,
  ): Promise<ProgramResult> {
    const input = new TextEncoder().encode(oids.map((oid) => `${oid}\n`).join(''));
    const args = [`--git-dir=${gitDirectory}`, 'cat-file', ...how];
    return this.#run(args, signal, { input, outputBytesMax: bytesMax, ...(oids.length > 1 && { printsMuch: true }) });
  }

  async readObject(gitDirectory: string, oid: string, signal: AbortSignal): Promise<GitObject | undefined> {
    const { objectBytesMax } = this.#bounds;
    const read = await this.#catFile(gitDirectory, ['--batch'], [oid], signal, objectBytesMax + frameBytes);
    if (read.isTooMuch) throw objectTooLarge(oid, objectBytesMax);
    if (read.code !== 0) throw new ProgramUnfitError('cat-file', read);
    const object = objectOf(read.output, oid);
    // What it can't read it calls missing too, and complains.
    if (object === undefined && read.complaint !== '') throw new ProgramUnfitError('cat-file', read);
    return object;
  }

  /** What a command prints of trees. Who knows which names are taken looks at them instead where one is doubtful. */
  async #tellTrees(
    gitDirectory: string,
    command: readonly string[],
    signal: AbortSignal,
    more: Partial<RunOptions> = {},
  ): Promise<string> {
    const told = await this.#run([`--git-dir=${gitDirectory}`, ...command], signal, more);
    if (told.isTooMuch) throw tooMany('');
    const what = command.find((word) => !word.startsWith('-'))!;
    if (told.code !== 0) throw new ProgramUnfitError(what, told);
    const text = textOf(told.output);
    if (hasDoubtfulName(text)) throw new ProgramUnfitError(what, { code: 0, complaint: 'a name is doubtful' });
    return text;
  }

  async listTree(gitDirectory: string, tree: string, signal: AbortSignal): Promise<Iterable<ListedEntry>> {
    return readListing(await this.#tellTrees(gitDirectory, [...listingArguments, tree], signal, { printsMuch: true }));
  }

  async compareTrees(
    gitDirectory: string,
    from: string,
    to: string,
    signal: AbortSignal,
  ): Promise<Iterable<EntryChange>> {
    return readComparison(await this.#tellTrees(gitDirectory, [...comparingArguments, from, to], signal));
  }

  async entryAt(
    gitDirectory: string,
    tree: string,
    path: string,
    signal: AbortSignal,
  ): Promise<ListedEntry | undefined> {
    const [entry] = readListing(await this.#tellTrees(gitDirectory, [...entryArguments, tree, path], signal));
    return entry;
  }
}

/** The git program. What it can't do here it rejects with `ProgramUnfitError`. */
export function programEngine(programs: Programs, bounds = objectBounds): GitEngine {
  return new ProgramEngine(programs, bounds);
}
