/** Reads objects of one git directory. Never writes to it. */
import { readObject, readTree } from 'isomorphic-git';
import type { Turn } from '../../platform/turn.ts';
import { commitLinks } from './commit.ts';
import type { GitEngine, GitObject } from './git-engine.ts';
import type { ListedEntry } from './listed-tree.ts';
import type { BlobChange, OddChange, SourceFileSystem, TreeChanges } from './source.ts';
import { codeOf, messageOf, SourceError } from './source-error.ts';
import { tooDeep, tooDeepFolder, tooMany, treeDepthMax, treeEntriesMax } from './tree-bounds.ts';

interface TreeEntry {
  readonly path: string;
  readonly oid: string;
  readonly mode: string;
  readonly type: string;
}

/** Ordinary files and folders; symbolic links and submodules lead elsewhere and are passed over. */
const folderMode = '040000';
const fileModes = new Set(['100644', '100755', '100664']);
const oddModes: Readonly<Record<string, OddChange['kind']>> = { '160000': 'submodule', '120000': 'link' };

/** What two trees have otherwise, as far as it was found. */
interface Differences {
  readonly files: BlobChange[];
  readonly odd: OddChange[];
}

/** Told of each name that two trees have otherwise. */
type Found = (path: string, old: TreeEntry | undefined, now: TreeEntry | undefined) => void;

type ObjectType = 'commit' | 'tree' | 'blob';

/** Only a commit may be gone; what a commit refers to must be there. */
function missing(type: ObjectType, oid: string, error?: unknown): SourceError {
  return new SourceError(type === 'commit' ? 'GONE' : 'CORRUPT', `${type} ${oid} is not in the repository`, error);
}

function asSourceError(error: unknown, type: ObjectType, oid: string): SourceError {
  if (error instanceof SourceError) return error;
  if (codeOf(error) === 'NotFoundError') return missing(type, oid, error);
  return new SourceError('CORRUPT', `${type} ${oid} can't be read: ${messageOf(error)}`, error);
}

function folderOf(entry: TreeEntry | undefined): string | undefined {
  return entry?.mode === folderMode ? entry.oid : undefined;
}

function fileOf(entry: ListedEntry | undefined): string | undefined {
  return entry !== undefined && fileModes.has(entry.mode) ? entry.oid : undefined;
}

/** Notes what became of one name. */
function note(
  { files, odd }: Differences,
  path: string,
  old: ListedEntry | undefined,
  now: ListedEntry | undefined,
): void {
  const [oldFile, file] = [fileOf(old), fileOf(now)];
  if (file !== oldFile) files.push(file === undefined ? { path } : { path, oid: file });
  const [oldKind, kind] = [oddModes[old?.mode ?? ''], oddModes[now?.mode ?? '']];
  if (kind !== oldKind) odd.push(kind === undefined ? { path } : { path, kind });
}

function inOrder(files: BlobChange[]): BlobChange[] {
  return files.sort((left, right) => (left.path < right.path ? -1 : left.path > right.path ? 1 : 0));
}

/** Listed entries between two looks at the clock. */
const entriesPerLook = 256;

const never = new AbortController().signal;

/** What may stand beside a repository. */
export interface RepositoryAids {
  /** Others have their turns while large trees are walked. */
  readonly turn?: Turn;
  /** Lists whole trees; without it they are walked here. */
  readonly engine?: Pick<GitEngine, 'listTree' | 'readObject'>;
  /** It is opened for a few objects: the engine reads them too, because the library reads the index of every pack before the first. */
  readonly isForFew?: true;
  /** Files and folders that a walk comes upon; `treeEntriesMax` where it is not said. */
  readonly entriesMax?: number;
}

/** Tags of tags of … a commit. */
const tagsMax = 8;
const taggedObject = /^object ([0-9a-f]{40})\n/;

export class Repository {
  readonly #fs: SourceFileSystem;
  readonly gitDirectory: string;
  /** isomorphic-git keeps whole packs in it. */
  #cache: object = {};
  readonly #aids: RepositoryAids;
  /** Commits and trees that were read as some of a few. */
  readonly #few = new Map<string, GitObject>();

  constructor(fs: SourceFileSystem, gitDirectory: string, aids: RepositoryAids = {}) {
    this.#fs = fs;
    this.#aids = aids;
    this.gitDirectory = gitDirectory;
  }

  /** Whether the engine reads for it whatever is asked for. */
  get isForFew(): boolean {
    return this.#aids.isForFew === true && this.#aids.engine !== undefined;
  }

  /** Gives back the memory of packs that were read. */
  forgetPacks(): void {
    this.#cache = {};
  }

  get #git() {
    return { fs: this.#fs, dir: this.gitDirectory, gitdir: this.gitDirectory, cache: this.#cache };
  }

  /** An object of any type; undefined where there is none. */
  async object(oid: string): Promise<GitObject | undefined> {
    const { engine } = this.#aids;
    if (engine === undefined || !this.isForFew) return this.#objectByLibrary(oid);
    const object = this.#few.get(oid) ?? (await engine.readObject(this.gitDirectory, oid, never));
    if (object !== undefined && object.type !== 'blob') this.#few.set(oid, object);
    return object;
  }

  async #objectByLibrary(oid: string): Promise<GitObject | undefined> {
    try {
      const { type, object } = await readObject({ ...this.#git, oid, format: 'content' });
      return { type, content: object as Uint8Array };
    } catch (error) {
      if (codeOf(error) === 'NotFoundError') return undefined;
      throw error;
    }
  }

  async readObject(oid: string, type: 'commit' | 'blob'): Promise<Uint8Array> {
    try {
      const found = await this.object(oid);
      if (found === undefined) throw missing(type, oid);
      if (found.type !== type) throw new SourceError('CORRUPT', `object ${oid} is a ${found.type}, not a ${type}`);
      return found.content;
    } catch (error) {
      throw asSourceError(error, type, oid);
    }
  }

  /** The commit that a signed or annotated tag names, or `oid` itself when it is no such tag. */
  async peeled(oid: string): Promise<string> {
    let at = oid;
    for (let tags = 0; tags <= tagsMax; tags += 1) {
      const found = await this.object(at).catch(() => undefined);
      if (found?.type === 'commit') return at;
      const named = found?.type === 'tag' ? taggedObject.exec(Buffer.from(found.content).toString('latin1')) : null;
      if (named === null) return oid;
      at = named[1]!;
    }
    return oid;
  }

  async has(oid: string): Promise<boolean> {
    try {
      await this.readObject(oid, 'commit');
      return true;
    } catch (error) {
      if (error instanceof SourceError && error.code === 'GONE') return false;
      throw error;
    }
  }

  async #allEntries(tree: string): Promise<readonly TreeEntry[]> {
    try {
      await this.#aids.turn?.rest();
      return (await readTree({ ...this.#git, oid: tree })).tree;
    } catch (error) {
      throw asSourceError(error, 'tree', tree);
    }
  }

  async #entries(tree: string | undefined): Promise<Map<string, TreeEntry>> {
    if (tree === undefined) return new Map();
    return new Map((await this.#allEntries(tree)).map((entry) => [entry.path, entry]));
  }

  async #compare(
    from: string | undefined,
    to: string | undefined,
    prefix: string,
    found: Found,
    walk = { depth: 0, left: this.#aids.entriesMax ?? treeEntriesMax },
  ): Promise<void> {
    if (from === to) return;
    if (walk.depth > treeDepthMax) throw tooDeep(prefix);
    const [before, after] = [await this.#entries(from), await this.#entries(to)];
    walk.left -= Math.max(before.size, after.size);
    if (walk.left < 0) throw tooMany(prefix);
    for (const name of [...new Set([...before.keys(), ...after.keys()])].sort()) {
      const [old, now] = [before.get(name), after.get(name)];
      if (old?.oid === now?.oid && old?.mode === now?.mode) continue;
      const path = prefix + name;
      const [oldTree, nowTree] = [folderOf(old), folderOf(now)];
      found(path, old, now);
      if (oldTree === undefined && nowTree === undefined) continue;
      walk.depth += 1;
      await this.#compare(oldTree, nowTree, `${path}/`, found, walk);
      walk.depth -= 1;
    }
  }

  /** The tree of a commit; a tree is its own. */
  async treeOf(id: string): Promise<string> {
    try {
      const found = await this.object(id);
      if (found === undefined) throw missing('commit', id);
      if (found.type === 'tree') return id;
      if (found.type !== 'commit') throw new SourceError('CORRUPT', `object ${id} is a ${found.type}, not a commit`);
      return commitLinks(id, found.content).tree;
    } catch (error) {
      throw asSourceError(error, 'commit', id);
    }
  }

  /** Whether this tree, or a commit of this id, is here. */
  async hasTree(id: string): Promise<boolean> {
    try {
      await this.treeOf(id);
      return true;
    } catch (error) {
      if (error instanceof SourceError) return false;
      throw error;
    }
  }

  async #treeOf(id: string | undefined): Promise<string | undefined> {
    return id === undefined ? undefined : this.treeOf(id);
  }

  /** The blob of a file of a commit; undefined when the commit has none at that path. */
  async blobAt(commit: string, path: string): Promise<string | undefined> {
    let tree = await this.#treeOf(commit);
    const folders = path.split('/');
    const name = folders.pop()!;
    for (const folder of folders) {
      const entry: TreeEntry | undefined = (await this.#entries(tree)).get(folder);
      tree = folderOf(entry);
      if (tree === undefined) return undefined;
    }
    const file = (await this.#entries(tree)).get(name);
    return fileOf(file);
  }

  /** A file of a commit; undefined when the commit has none at that path. */
  async readFile(commit: string, path: string): Promise<Uint8Array | undefined> {
    const oid = await this.blobAt(commit, path);
    return oid === undefined ? undefined : this.readObject(oid, 'blob');
  }

  /** All that is below a tree but the folders, by walking it; see `GitEngine.listTree`. */
  async listTree(tree: string): Promise<ListedEntry[]> {
    const found: ListedEntry[] = [];
    await this.#compare(undefined, tree, '', (path, _, now) => {
      if (now !== undefined && now.mode !== folderMode) found.push({ path, oid: now.oid, mode: now.mode });
    });
    return found;
  }

  async #whole(engine: Pick<GitEngine, 'listTree'>, tree: string): Promise<Differences> {
    const found: Differences = { files: [], odd: [] };
    for (const entry of await engine.listTree(this.gitDirectory, tree, never)) {
      if (found.files.length % entriesPerLook === 0) await this.#aids.turn?.rest();
      const folder = tooDeepFolder(entry.path);
      if (folder !== undefined) throw tooDeep(folder);
      note(found, entry.path, undefined, entry);
    }
    return found;
  }

  /** See `Source.changes`; nothing is put aside. */
  async changes(from: string | undefined, to: string): Promise<TreeChanges> {
    const [before, after] = [await this.#treeOf(from), await this.treeOf(to)];
    const { engine } = this.#aids;
    if (before === undefined && engine !== undefined) {
      const { files, odd } = await this.#whole(engine, after);
      return { files: inOrder(files), odd };
    }
    const found: Differences = { files: [], odd: [] };
    await this.#compare(before, after, '', (path, old, now) => note(found, path, old, now));
    return { files: inOrder(found.files), odd: found.odd };
  }
}
