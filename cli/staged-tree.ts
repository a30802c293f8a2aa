/**
 * A work tree as git would commit it: every file that git does not ignore, through the clean filters of its attributes, in an
 * index of its own, so that neither the user's index nor the repository changes.
 */
import { changesBetween, treeOf } from '../controller/following/revision-tree.ts';
import { emptyTree, type FleetTree, type OddKind } from '../controller/manifests/fleet-tree.ts';
import { runAtOnce } from '../controller/manifests/steps.ts';
import { isReleaseFile } from '../controller/publishing/release-path.ts';
import { fleetIgnoreFile, ignoreNothing, parseFleetIgnore } from '../controller/source/fleet-ignore.ts';
import { findGitDirectories, type GitDirectories } from '../controller/source/git-directories.ts';
import { type ListedEntry, listingArguments, readListing } from '../controller/source/listed-tree.ts';
import { askingFor, printedContents, printedSizes, printSizes } from '../controller/source/printed-objects.ts';
import type { OddChange, TreeChanges } from '../controller/source/source.ts';
import { SourceError } from '../controller/source/source-error.ts';
import type { ProgramResult } from '../platform/ports.ts';
import { BlobPile } from './blob-pile.ts';
import type { CommandContext } from './command.ts';
import { topAbove } from './fleet-repository.ts';
import { isSnapshotFile } from './working-tree.ts';

type StagingContext = Pick<CommandContext, 'disk' | 'gitFiles' | 'programs' | 'random' | 'environment' | 'signal'>;

const outputBytesMax = 512 * 1024 * 1024;

/** A tree that git would commit, and what differs from its underlay. */
export interface StagedTree {
  readonly id: string;
  readonly tree: FleetTree;
  readonly changes: TreeChanges;
}

const oddKinds: Readonly<Record<string, OddKind>> = { '160000': 'submodule', '120000': 'link' };

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

  async git(args: readonly string[], input?: Uint8Array): Promise<Uint8Array | undefined> {
    const { programs, signal } = this.#context;
    const quiet = ['-c', 'core.fsmonitor=false', '-c', 'core.safecrlf=false', '-c', 'core.hooksPath=/dev/null'];
    const result: ProgramResult = await programs.run('git', ['-C', this.#directory, ...quiet, ...args], {
      environment: { ...this.#environment, GIT_DIR: undefined, GIT_WORK_TREE: undefined },
      ...(input === undefined ? {} : { input }),
      outputBytesMax,
      printsMuch: true,
      signal,
    });
    return result.code === 0 ? result.output : undefined;
  }

  /** Brings the contents that are not there yet to the pile; false when git can't read them. */
  async bring(oids: readonly string[]): Promise<boolean> {
    const missing = [...new Set(oids.filter((oid) => !this.#pile.has(oid)))];
    if (missing.length === 0) return true;
    const output = await this.git(['cat-file', '--batch', '--buffer'], askingFor(missing));
    if (output === undefined) return false;
    for (const [oid, content] of printedContents(output, missing)) this.#pile.add(oid, content);
    return missing.every((oid) => this.#pile.has(oid));
  }

  /**
   * Brings the releases that a commit would hold with other bytes than they have here: filters and line ends make others of them,
   * and the index may hold some that are not here. Filters that keep a file's length are not known of any.
   */
  async bringAltered(files: ReadonlyMap<string, string>): Promise<boolean> {
    const releases = [...files].filter(([path]) => isReleaseFile(path));
    if (releases.length === 0) return true;
    const output = await this.git(['cat-file', printSizes], askingFor(releases.map(([, oid]) => oid)));
    if (output === undefined) return false;
    const sizes = printedSizes(output);
    const { disk } = this.#context;
    const altered = releases.filter(([path], at) => disk.stat(`${this.#directory}/${path}`)?.bytes !== sizes[at]);
    return this.bring(altered.map(([, oid]) => oid));
  }

  async tree(): Promise<Omit<StagedTree, 'changes'> | undefined> {
    if ((await this.git(['add', '--all', '.'])) === undefined) return undefined;
    const prefix = await this.git(['rev-parse', '--show-prefix']);
    if (prefix === undefined) return undefined;
    const folder = new TextDecoder().decode(prefix).replace(/\n$/, '');
    const written = await this.git(['write-tree', `--prefix=${folder}`]);
    if (written === undefined) return undefined;
    const id = new TextDecoder().decode(written).trim();
    const listed = await this.git([...listingArguments, id]);
    return listed && this.#read(id, readListing(new TextDecoder().decode(listed)));
  }

  async #read(id: string, entries: Iterable<ListedEntry>): Promise<Omit<StagedTree, 'changes'> | undefined> {
    const odd: OddChange[] = [];
    const files = new Map<string, string>();
    for (const { path, mode, oid } of entries) {
      const kind = oddKinds[mode];
      kind === undefined ? files.set(path, oid) : odd.push({ path, kind });
    }
    const ignoreId = files.get(fleetIgnoreFile);
    if (ignoreId !== undefined && !(await this.bring([ignoreId]))) return undefined;
    const isIgnored = ignoreId === undefined ? ignoreNothing : parseFleetIgnore(this.#pile.get(ignoreId)!);
    for (const path of files.keys()) if (isIgnored(path)) files.delete(path);
    return { id, tree: runAtOnce(treeOf(files, odd)) };
  }
}

/** Where git keeps the repository that `directory` is in, a linked worktree's too; undefined where it is in none. */
async function gitDirectoriesOf(context: StagingContext, directory: string): Promise<GitDirectories | undefined> {
  const top = topAbove(context, directory);
  if (top === undefined) return undefined;
  try {
    return await findGitDirectories(context.gitFiles, top);
  } catch (error) {
    if (error instanceof SourceError) return undefined;
    throw error;
  }
}

/**
 * What git would commit of `directory`, a work tree or a folder of one, with paths relative to it; undefined where git can't tell.
 * Of what its underlay has otherwise, all that may be asked for is brought to the pile: the rest is in the repository, and releases
 * that would be committed as they are here lie here.
 */
export async function readStagedTree(
  context: StagingContext,
  directory: string,
  pile: BlobPile = new BlobPile(),
  underlay: FleetTree = emptyTree,
): Promise<StagedTree | undefined> {
  const { disk, random, environment } = context;
  const repository = await gitDirectoriesOf(context, directory);
  if (repository === undefined) return undefined;
  const name = `fleet-staged-${Buffer.from(random.bytes(8)).toString('hex')}`;
  const scratch = `${environment.TMPDIR || '/tmp'}/${name}`;
  try {
    disk.makeDirectory(`${scratch}/objects`);
    copyIndex(context, `${repository.own}/index`, `${scratch}/index`);
    const staging = new Staging(context, directory, scratch, `${repository.common}/objects`, pile);
    const staged = await staging.tree();
    if (staged === undefined) return undefined;
    const changes = runAtOnce(changesBetween(underlay, staged.tree));
    const changed = changes.files.filter(({ path, oid }) => oid !== undefined && isSnapshotFile(path));
    const isThere =
      (await staging.bring([...changed.map(({ oid }) => oid!), ...staged.tree.trustFiles.values()])) &&
      (await staging.bringAltered(staged.tree.files));
    return isThere ? { ...staged, changes } : undefined;
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
