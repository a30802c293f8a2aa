/** Reads objects of one git directory. Never writes to it. */
import { readCommit, readObject, readTree } from 'isomorphic-git';
import type { Turn } from '../../platform/turn.ts';
import { commitLinks } from './commit.ts';
import type { BlobChange, OddEntry, SourceFileSystem } from './source.ts';
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
const readModes = new Set(['100644', '100755', '100664', folderMode]);
const oddModes: Readonly<Record<string, OddEntry['kind']>> = { '160000': 'submodule', '120000': 'link' };

/** Folders whose odd entries are remembered. */
const foldersKeptMax = 10_000;

/** Only a commit may be gone; what a commit refers to must be there. */
function asSourceError(error: unknown, type: 'commit' | 'tree' | 'blob', oid: string): SourceError {
  if (error instanceof SourceError) return error;
  const what = `${type} ${oid}`;
  if (codeOf(error) === 'NotFoundError') {
    return new SourceError(type === 'commit' ? 'GONE' : 'CORRUPT', `${what} is not in the repository`, error);
  }
  return new SourceError('CORRUPT', `${what} can't be read: ${messageOf(error)}`, error);
}

export class Repository {
  readonly #fs: SourceFileSystem;
  readonly gitDirectory: string;
  /** isomorphic-git keeps whole packs in it. */
  #cache: object = {};
  /** By tree: what is odd in it and below, which never changes. */
  readonly #odd = new Map<string, readonly OddEntry[]>();

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
    const entries = await this.#allEntries(tree);
    return new Map(entries.filter(({ mode }) => readModes.has(mode)).map((entry) => [entry.path, entry]));
  }

  async #compare(from: string | undefined, to: string | undefined, prefix: string, depth: number, found: BlobChange[]) {
    if (from === to) return;
    if (depth > treeDepthMax)
      throw new SourceError('UNSUPPORTED', `${prefix}: folders nest deeper than ${treeDepthMax}`);
    const [before, after] = [await this.#entries(from), await this.#entries(to)];
    for (const name of [...new Set([...before.keys(), ...after.keys()])].sort()) {
      const [old, now] = [before.get(name), after.get(name)];
      if (old?.oid === now?.oid && old?.type === now?.type) continue;
      const path = prefix + name;
      const [oldTree, nowTree] = [old, now].map((entry) => (entry?.type === 'tree' ? entry.oid : undefined));
      if (now?.type === 'blob') found.push({ path, oid: now.oid });
      else if (old?.type === 'blob') found.push({ path });
      if (oldTree !== undefined || nowTree !== undefined)
        await this.#compare(oldTree, nowTree, `${path}/`, depth + 1, found);
    }
  }

  async #treeOf(commit: string | undefined): Promise<string | undefined> {
    return commit === undefined ? undefined : commitLinks(commit, await this.readObject(commit, 'commit')).tree;
  }

  /** The blob of a file of a commit; undefined when the commit has none at that path. */
  async blobAt(commit: string, path: string): Promise<string | undefined> {
    let tree = await this.#treeOf(commit);
    const folders = path.split('/');
    const name = folders.pop()!;
    for (const folder of folders) {
      const entry: TreeEntry | undefined = (await this.#entries(tree)).get(folder);
      if (entry?.type !== 'tree') return undefined;
      tree = entry.oid;
    }
    const file = (await this.#entries(tree)).get(name);
    return file?.type === 'blob' ? file.oid : undefined;
  }

  /** A file of a commit; undefined when the commit has none at that path. */
  async readFile(commit: string, path: string): Promise<Uint8Array | undefined> {
    const oid = await this.blobAt(commit, path);
    return oid === undefined ? undefined : this.readObject(oid, 'blob');
  }

  /** Submodules and symbolic links of a commit; folders that were looked at before cost nothing. */
  async oddEntries(commit: string): Promise<readonly OddEntry[]> {
    return this.#oddIn(await this.#treeOf(commit), 0);
  }

  async #oddIn(tree: string | undefined, depth: number): Promise<readonly OddEntry[]> {
    if (tree === undefined || depth > treeDepthMax) return [];
    const known = this.#odd.get(tree);
    if (known !== undefined) return known;
    const found: OddEntry[] = [];
    for (const { path, oid, mode } of await this.#allEntries(tree)) {
      const kind = oddModes[mode];
      if (kind !== undefined) found.push({ path, kind });
      if (mode !== folderMode) continue;
      for (const odd of await this.#oddIn(oid, depth + 1)) found.push({ ...odd, path: `${path}/${odd.path}` });
    }
    if (this.#odd.size >= foldersKeptMax) this.#odd.clear();
    this.#odd.set(tree, found);
    return found;
  }

  /** See `Source.changes`. */
  async changes(from: string | undefined, to: string): Promise<readonly BlobChange[]> {
    const found: BlobChange[] = [];
    await this.#compare(await this.#treeOf(from), await this.#treeOf(to), '', 0, found);
    return found.sort((left, right) => (left.path < right.path ? -1 : left.path > right.path ? 1 : 0));
  }
}
