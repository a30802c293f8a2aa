/** Reads objects of one git directory. Never writes to it. */
import { readCommit, readObject, readTree } from 'isomorphic-git';
import type { Turn } from '../../platform/turn.ts';
import { commitLinks } from './commit.ts';
import type { GitEngine } from './git-engine.ts';
import type { ListedEntry } from './listed-tree.ts';
import type { BlobChange, OddChange, SourceFileSystem, TreeChanges } from './source.ts';
import { codeOf, messageOf, SourceError } from './source-error.ts';

/** Folders in folders; more is no fleet repository. */
const treeDepthMax = 64;

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

function tooDeep(prefix: string): SourceError {
  return new SourceError('UNSUPPORTED', `${prefix}: folders nest deeper than ${treeDepthMax}`);
}

/** A folder of this path that is too deep, if it leads through one. */
function tooDeepFolder(path: string): string | undefined {
  let at = -1;
  for (let depth = 0; depth <= treeDepthMax; depth += 1) {
    at = path.indexOf('/', at + 1);
    if (at === -1) return undefined;
  }
  return path.slice(0, at + 1);
}

/** Only a commit may be gone; what a commit refers to must be there. */
function asSourceError(error: unknown, type: 'commit' | 'tree' | 'blob', oid: string): SourceError {
  if (error instanceof SourceError) return error;
  const what = `${type} ${oid}`;
  if (codeOf(error) === 'NotFoundError') {
    return new SourceError(type === 'commit' ? 'GONE' : 'CORRUPT', `${what} is not in the repository`, error);
  }
  return new SourceError('CORRUPT', `${what} can't be read: ${messageOf(error)}`, error);
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
  readonly engine?: Pick<GitEngine, 'listTree'>;
}

export class Repository {
  readonly #fs: SourceFileSystem;
  readonly gitDirectory: string;
  /** isomorphic-git keeps whole packs in it. */
  #cache: object = {};
  readonly #aids: RepositoryAids;

  constructor(fs: SourceFileSystem, gitDirectory: string, aids: RepositoryAids = {}) {
    this.#fs = fs;
    this.#aids = aids;
    this.gitDirectory = gitDirectory;
  }

  /** Gives back the memory of packs that were read. */
  forgetPacks(): void {
    this.#cache = {};
  }

  get #git() {
    return { fs: this.#fs, dir: this.gitDirectory, gitdir: this.gitDirectory, cache: this.#cache };
  }

  async readObject(oid: string, type: 'commit' | 'blob'): Promise<Uint8Array> {
    try {
      const found = await readObject({ ...this.#git, oid, format: 'content' });
      if (found.type !== type) throw new SourceError('CORRUPT', `object ${oid} is a ${found.type}, not a ${type}`);
      return found.object as Uint8Array;
    } catch (error) {
      throw asSourceError(error, type, oid);
    }
  }

  /** The commit that a signed or annotated tag names, or `oid` itself when it is no such tag. */
  async peeled(oid: string): Promise<string> {
    const found = await readCommit({ ...this.#git, oid }).catch(() => undefined);
    return found?.oid ?? oid;
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
    depth = 0,
  ): Promise<void> {
    if (from === to) return;
    if (depth > treeDepthMax) throw tooDeep(prefix);
    const [before, after] = [await this.#entries(from), await this.#entries(to)];
    for (const name of [...new Set([...before.keys(), ...after.keys()])].sort()) {
      const [old, now] = [before.get(name), after.get(name)];
      if (old?.oid === now?.oid && old?.mode === now?.mode) continue;
      const path = prefix + name;
      const [oldTree, nowTree] = [folderOf(old), folderOf(now)];
      found(path, old, now);
      if (oldTree !== undefined || nowTree !== undefined)
        await this.#compare(oldTree, nowTree, `${path}/`, found, depth + 1);
    }
  }

  /** The tree of a commit; a tree is its own. */
  async treeOf(id: string): Promise<string> {
    try {
      const { type, object } = await readObject({ ...this.#git, oid: id, format: 'content' });
      if (type === 'tree') return id;
      if (type !== 'commit') throw new SourceError('CORRUPT', `object ${id} is a ${type}, not a commit`);
      return commitLinks(id, object as Uint8Array).tree;
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
