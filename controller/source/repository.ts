/** Reads objects of one git directory. Never writes to it. */
import { readCommit, readObject, readTree } from 'isomorphic-git';
import type { Turn } from '../../platform/turn.ts';
import { commitLinks } from './commit.ts';
import type { BlobChange, OddChange, SourceFileSystem } from './source.ts';
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

/** What two trees have otherwise. */
interface Differences {
  readonly files: BlobChange[];
  readonly odd: OddChange[];
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

function fileOf(entry: TreeEntry | undefined): string | undefined {
  return entry !== undefined && fileModes.has(entry.mode) ? entry.oid : undefined;
}

/** Notes what became of one name. */
function note({ files, odd }: Differences, path: string, old: TreeEntry | undefined, now: TreeEntry | undefined): void {
  const [oldFile, file] = [fileOf(old), fileOf(now)];
  if (file !== oldFile) files.push(file === undefined ? { path } : { path, oid: file });
  const [oldKind, kind] = [oddModes[old?.mode ?? ''], oddModes[now?.mode ?? '']];
  if (kind !== oldKind) odd.push(kind === undefined ? { path } : { path, kind });
}

export class Repository {
  readonly #fs: SourceFileSystem;
  readonly gitDirectory: string;
  /** isomorphic-git keeps whole packs in it. */
  #cache: object = {};
  readonly #turn: Turn | undefined;

  /** With `turn`, others have their turns while large trees are walked. */
  constructor(fs: SourceFileSystem, gitDirectory: string, turn?: Turn) {
    this.#fs = fs;
    this.#turn = turn;
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
      await this.#turn?.rest();
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
    found: Differences,
    depth = 0,
  ): Promise<void> {
    if (from === to) return;
    if (depth > treeDepthMax)
      throw new SourceError('UNSUPPORTED', `${prefix}: folders nest deeper than ${treeDepthMax}`);
    const [before, after] = [await this.#entries(from), await this.#entries(to)];
    for (const name of [...new Set([...before.keys(), ...after.keys()])].sort()) {
      const [old, now] = [before.get(name), after.get(name)];
      if (old?.oid === now?.oid && old?.mode === now?.mode) continue;
      const path = prefix + name;
      const [oldTree, nowTree] = [folderOf(old), folderOf(now)];
      note(found, path, old, now);
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

  async #differences(from: string | undefined, to: string): Promise<Differences> {
    const found: Differences = { files: [], odd: [] };
    await this.#compare(await this.#treeOf(from), await this.#treeOf(to), '', found);
    return found;
  }

  /** See `Source.changes`. */
  async changes(from: string | undefined, to: string): Promise<readonly BlobChange[]> {
    const { files } = await this.#differences(from, to);
    return files.sort((left, right) => (left.path < right.path ? -1 : left.path > right.path ? 1 : 0));
  }

  /** See `Source.oddChanges`. */
  async oddChanges(from: string | undefined, to: string): Promise<readonly OddChange[]> {
    return (await this.#differences(from, to)).odd;
  }
}
