/** Git directories by the git program, where it is installed. Redirects are resolved before, other protocols than http are off. */
import { isAscii } from 'node:buffer';
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
import { heldTooMuch, type ObjectBounds, objectBounds, objectTooLarge } from './object-bounds.ts';
import { orderOfIds } from './object-id.ts';
import { askingFor, printedBlobs, printedObject, printedSizes, printSizes } from './printed-objects.ts';
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

/** Of megabytes of names, which mostly are ASCII, decoding them as more would hold up everybody. */
function textOf(bytes: Uint8Array): string {
  if (!isAscii(bytes)) return new TextDecoder().decode(bytes);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** Of each object that a run prints, what stands around its content. */
const frameBytes = 64;

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

/** What came in an order, where it was asked for. */
function inPlace<T>(come: readonly T[], order: Uint32Array): T[] {
  const placed = new Array<T>(come.length);
  for (const [at, place] of order.entries()) placed[place] = come[at]!;
  return placed;
}

class ProgramEngine implements GitEngine {
  readonly #programs: Pick<Programs, 'run'>;
  readonly #bounds: ObjectBounds;

  constructor(programs: Pick<Programs, 'run'>, bounds: ObjectBounds) {
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
    const bytesMax = this.#bounds.togetherBytesMax + frameBytes;
    const order = orderOfIds(oids);
    const asked = Array.from(order, (at) => oids[at]!);
    const read = await this.#catFile(gitDirectory, ['--batch', '--buffer'], asked, signal, bytesMax);
    if (read.code === 0) return inPlace(printedBlobs(read.output, asked), order);
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
    const { blobBytesMax, togetherBytesMax, askedBytesMax } = this.#bounds;
    const checked = await this.#catFile(gitDirectory, [printSizes], oids, signal);
    if (checked.code !== 0) throw new ProgramUnfitError('cat-file', checked);
    const sizes = printedSizes(checked.output);
    const large = oids.findIndex((_, at) => sizes[at]! > blobBytesMax);
    if (large !== -1) throw objectTooLarge(oids[large]!, blobBytesMax, sizes[large]);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    if (bytes > askedBytesMax) throw heldTooMuch(oids, sizes, askedBytesMax);
    return groupsOf(oids, sizes, togetherBytesMax);
  }

  #catFile(
    gitDirectory: string,
    how: readonly string[],
    oids: readonly string[],
    signal: AbortSignal,
    bytesMax = outputBytesMax,
  ): Promise<ProgramResult> {
    const args = [`--git-dir=${gitDirectory}`, 'cat-file', ...how];
    const more = { input: askingFor(oids), outputBytesMax: bytesMax };
    return this.#run(args, signal, oids.length > 1 ? { ...more, printsMuch: true } : more);
  }

  async readObject(gitDirectory: string, oid: string, signal: AbortSignal): Promise<GitObject | undefined> {
    const { objectBytesMax } = this.#bounds;
    const read = await this.#catFile(gitDirectory, ['--batch'], [oid], signal, objectBytesMax + frameBytes);
    if (read.isTooMuch) throw objectTooLarge(oid, objectBytesMax);
    if (read.code !== 0) throw new ProgramUnfitError('cat-file', read);
    const object = printedObject(read.output, oid);
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
export function programEngine(programs: Pick<Programs, 'run'>, bounds = objectBounds): GitEngine {
  return new ProgramEngine(programs, bounds);
}
