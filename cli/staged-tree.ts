/**
 * A work tree as git would commit it: every file that git does not ignore, through the clean filters of its attributes, in an
 * index of its own, so that neither the user's index nor the repository changes.
 */
import { type OddEntry, passedOver } from '../controller/manifests/passed-over.ts';
import { fleetIgnoreFile, ignoreNothing, parseFleetIgnore } from '../controller/source/fleet-ignore.ts';
import { findGitDirectories, type GitDirectories } from '../controller/source/local-repository.ts';
import { SourceError } from '../controller/source/source-error.ts';
import type { ProgramResult } from '../platform/ports.ts';
import { BlobPile, BlobTree } from './blob-pile.ts';
import type { CommandContext } from './command.ts';
import { isSnapshotFile, type TreeSnapshot } from './working-tree.ts';

type StagingContext = Pick<CommandContext, 'disk' | 'gitFiles' | 'programs' | 'random' | 'environment' | 'signal'>;

const outputBytesMax = 512 * 1024 * 1024;

interface StagedEntry {
  readonly mode: string;
  readonly oid: string;
  readonly path: string;
}

/** `MODE TYPE OID TAB PATH NUL`, as `git ls-tree -z` prints it. */
function parseEntries(output: Uint8Array): StagedEntry[] {
  const lines = new TextDecoder()
    .decode(output)
    .split('\0')
    .filter((line) => line !== '');
  return lines.map((line) => {
    const [, mode, oid, path] = /^(\d{6}) \w+ ([0-9a-f]{40,64})\t(.*)$/s.exec(line) ?? [];
    return { mode: mode!, oid: oid!, path: path! };
  });
}

/** `OID blob SIZE LF CONTENT LF`, as `git cat-file --batch` prints it. */
function addContents(pile: BlobPile, output: Uint8Array, entries: readonly StagedEntry[]): void {
  let at = 0;
  for (const { oid } of entries) {
    const end = output.indexOf(0x0a, at);
    const size = Number(new TextDecoder().decode(output.subarray(at, end)).split(' ')[2]);
    pile.add(oid, output.subarray(end + 1, end + 1 + size));
    at = end + 1 + size + 1;
  }
}

const oddKinds: Readonly<Record<string, OddEntry['kind']>> = { '160000': 'submodule', '120000': 'link' };

/** Runs git on one work tree with one temporary index; undefined from any step ends the staging. */
class Staging {
  readonly #context: StagingContext;
  readonly #directory: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #pile: BlobPile;

  constructor(context: StagingContext, directory: string, scratch: string, objects: string, pile: BlobPile) {
    this.#pile = pile;
    this.#context = context;
    this.#directory = directory;
    this.#environment = {
      GIT_INDEX_FILE: `${scratch}/index`,
      GIT_OBJECT_DIRECTORY: `${scratch}/objects`,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: objects,
      LC_ALL: 'C',
    };
  }

  async git(args: readonly string[], input?: string): Promise<Uint8Array | undefined> {
    const { programs, signal } = this.#context;
    const quiet = ['-c', 'core.fsmonitor=false', '-c', 'core.safecrlf=false', '-c', 'core.hooksPath=/dev/null'];
    const result: ProgramResult = await programs.run('git', ['-C', this.#directory, ...quiet, ...args], {
      environment: { ...this.#environment, GIT_DIR: undefined, GIT_WORK_TREE: undefined },
      ...(input === undefined ? {} : { input: new TextEncoder().encode(input) }),
      outputBytesMax,
      signal,
    });
    return result.code === 0 ? result.output : undefined;
  }

  /** Brings the contents that are not there yet to the pile; false when git can't read them. */
  async bring(entries: readonly StagedEntry[]): Promise<boolean> {
    const missing = entries.filter(({ oid }) => !this.#pile.has(oid));
    if (missing.length === 0) return true;
    const output = await this.git(['cat-file', '--batch', '--buffer'], missing.map(({ oid }) => `${oid}\n`).join(''));
    if (output !== undefined) addContents(this.#pile, output, missing);
    return output !== undefined;
  }

  async snapshot(): Promise<TreeSnapshot | undefined> {
    if ((await this.git(['add', '--all', '.'])) === undefined) return undefined;
    const prefix = await this.git(['rev-parse', '--show-prefix']);
    if (prefix === undefined) return undefined;
    const written = await this.git(['write-tree', `--prefix=${new TextDecoder().decode(prefix).replace(/\n$/, '')}`]);
    if (written === undefined) return undefined;
    const listed = await this.git(['ls-tree', '-r', '-z', '--full-tree', new TextDecoder().decode(written).trim()]);
    return listed && this.#read(parseEntries(listed));
  }

  async #read(entries: readonly StagedEntry[]): Promise<TreeSnapshot | undefined> {
    const odd = entries.flatMap(({ path, mode }) => {
      const kind = oddKinds[mode];
      return kind === undefined ? [] : [{ path, kind }];
    });
    const files = entries.filter(({ mode }) => oddKinds[mode] === undefined);
    const ignoring = files.filter(({ path }) => path === fleetIgnoreFile);
    if (!(await this.bring(ignoring))) return undefined;
    const text = ignoring[0] && this.#pile.get(ignoring[0].oid);
    const isIgnored = text === undefined ? ignoreNothing : parseFleetIgnore(text);
    const ours = files.filter(({ path }) => !isIgnored(path));
    const held = ours.filter(({ path }) => isSnapshotFile(path));
    if (!(await this.bring(held))) return undefined;
    return {
      tree: new BlobTree(new Map(held.map(({ path, oid }) => [path, oid])), this.#pile),
      warnings: passedOver(
        odd,
        ours.map(({ path }) => path),
      ),
    };
  }
}

/** Where git keeps the repository that `directory` is in, a linked worktree's too; undefined where it is in none. */
async function gitDirectoriesOf(
  { disk, gitFiles }: StagingContext,
  directory: string,
): Promise<GitDirectories | undefined> {
  let top = directory;
  while (disk.stat(`${top}/.git`) === undefined) {
    if (top === '' || top === '/') return undefined;
    top = top.slice(0, top.lastIndexOf('/'));
  }
  try {
    return await findGitDirectories(gitFiles, top);
  } catch (error) {
    if (error instanceof SourceError) return undefined;
    throw error;
  }
}

/**
 * What git would commit of `directory`, a work tree or a folder of one, with paths relative to it; undefined where git can't tell.
 * What is in the pile is not read again.
 */
export async function readStagedTree(
  context: StagingContext,
  directory: string,
  pile: BlobPile = new BlobPile(),
): Promise<TreeSnapshot | undefined> {
  const { disk, random, environment } = context;
  const repository = await gitDirectoriesOf(context, directory);
  if (repository === undefined) return undefined;
  const name = `fleet-staged-${Buffer.from(random.bytes(8)).toString('hex')}`;
  const scratch = `${environment.TMPDIR || '/tmp'}/${name}`;
  try {
    disk.makeDirectory(`${scratch}/objects`);
    copyIndex(context, `${repository.own}/index`, `${scratch}/index`);
    return await new Staging(context, directory, scratch, `${repository.common}/objects`, pile).snapshot();
  } finally {
    disk.remove(scratch);
  }
}

/** With the user's index to start from, git hashes only what differs from it. */
function copyIndex({ disk }: StagingContext, from: string, to: string): void {
  if (disk.stat(from)?.kind !== 'file') return;
  using file = disk.open(to, 'write');
  file.write(0, disk.readFile(from));
}
