/** Reads git directories with isomorphic-git, in this thread. Never writes to them. */
import { readObject, readTree } from 'isomorphic-git';
import type { Turn } from '../../platform/turn.ts';
import { commitLinks } from './commit.ts';
import type { GitObject, GitReading } from './git-engine.ts';
import { type EntryChange, folderMode, type ListedEntry } from './listed-tree.ts';
import { looseBytes } from './loose-object.ts';
import { heldTooMuch, type ObjectBounds, objectBounds, objectTooLarge } from './object-bounds.ts';
import type { SourceFileSystem } from './source.ts';
import { codeOf, messageOf, SourceError } from './source-error.ts';
import { tooDeep, tooMany, treeDepthMax, treeEntriesMax } from './tree-bounds.ts';

type Side = EntryChange['before'];

/** The entries of one folder by name. */
type Folder = ReadonlyMap<string, NonNullable<Side>>;

const nothing: Folder = new Map();

function folderOf(entry: Side): string | undefined {
  return entry?.mode === folderMode ? entry.oid : undefined;
}

/** What became of one name; undefined where it is a folder's and no more. */
function changeOf(path: string, before: Side, after: Side): EntryChange | undefined {
  const [old, now] = [before, after].map((side) => (folderOf(side) === undefined ? side : undefined));
  if (old === undefined && now === undefined) return undefined;
  return { path, ...(old && { before: old }), ...(now && { after: now }) };
}

class LibraryReading implements GitReading {
  readonly #fs: SourceFileSystem;
  /** Others have their turns while large trees are walked. */
  readonly #turn: Turn | undefined;
  readonly #entriesMax: number;
  readonly #bounds: ObjectBounds;
  /** isomorphic-git keeps whole packs in it, and the index of each. */
  #cache: object = {};

  constructor(fs: SourceFileSystem, turn: Turn | undefined, entriesMax: number, bounds: ObjectBounds) {
    this.#fs = fs;
    this.#turn = turn;
    this.#entriesMax = entriesMax;
    this.#bounds = bounds;
  }

  #at(gitDirectory: string) {
    return { fs: this.#fs, dir: gitDirectory, gitdir: gitDirectory, cache: this.#cache };
  }

  /** What could not be read is read from the disk the next time: it may have been mended. */
  async #reading<T>(what: string, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof SourceError) throw error;
      this.#cache = {};
      const reason =
        codeOf(error) === 'NotFoundError' ? 'is not in the repository' : `can't be read: ${messageOf(error)}`;
      throw new SourceError('CORRUPT', `${what} ${reason}`, error);
    }
  }

  async readObject(
    gitDirectory: string,
    oid: string,
    _signal?: AbortSignal,
    bytesMax = this.#bounds.objectBytesMax,
  ): Promise<GitObject | undefined> {
    const bytes = await looseBytes(this.#fs, gitDirectory, oid);
    if (bytes !== undefined && bytes > bytesMax) throw objectTooLarge(oid, bytesMax, bytes);
    const object = await this.#readObject(gitDirectory, oid);
    // The library has no word for how large something in a pack is before it has read it, and holds the pack meanwhile.
    if (object !== undefined && object.content.length > bytesMax)
      throw objectTooLarge(oid, bytesMax, object.content.length);
    return object;
  }

  #readObject(gitDirectory: string, oid: string): Promise<GitObject | undefined> {
    return this.#reading(`object ${oid}`, async () => {
      try {
        const { type, object } = await readObject({ ...this.#at(gitDirectory), oid, format: 'content' });
        return { type, content: object as Uint8Array };
      } catch (error) {
        if (codeOf(error) === 'NotFoundError') return undefined;
        throw error;
      }
    });
  }

  async readBlobs(gitDirectory: string, oids: readonly string[]): Promise<readonly Uint8Array[]> {
    const contents: Uint8Array[] = [];
    let bytes = 0;
    for (const oid of oids) {
      const found = await this.readObject(gitDirectory, oid, undefined, this.#bounds.blobBytesMax);
      if (found === undefined) throw new SourceError('CORRUPT', `blob ${oid} is not in the repository`);
      if (found.type !== 'blob') throw new SourceError('CORRUPT', `object ${oid} is a ${found.type}, not a blob`);
      contents.push(found.content);
      bytes += found.content.length;
      if (bytes > this.#bounds.askedBytesMax)
        throw heldTooMuch(
          oids,
          contents.map(({ length }) => length),
          this.#bounds.askedBytesMax,
        );
    }
    return contents;
  }

  /** Reads nothing of a commit but its parents: others of its headers may be malformed, and git does not mind. */
  async isAncestor(gitDirectory: string, ancestor: string, descendant: string): Promise<boolean> {
    const queue = [descendant];
    const seen = new Set(queue);
    for (const next of queue) {
      if (next === ancestor) return true;
      // The past may be cut off, as in a shallow copy.
      const found = await this.readObject(gitDirectory, next).catch(() => undefined);
      if (found === undefined) continue;
      for (const parent of commitLinks(next, found.content).parents) {
        if (!seen.has(parent)) queue.push(parent);
        seen.add(parent);
      }
    }
    return false;
  }

  async #folder(gitDirectory: string, tree: string | undefined): Promise<Folder> {
    if (tree === undefined) return nothing;
    await this.#turn?.rest();
    const read = await this.#reading(`tree ${tree}`, () => readTree({ ...this.#at(gitDirectory), oid: tree }));
    return new Map(read.tree.map(({ path, mode, oid }) => [path, { mode, oid }]));
  }

  /** What differs below two folders is brought to `found`. */
  async #compare(
    gitDirectory: string,
    [from, to]: readonly [string | undefined, string | undefined],
    prefix: string,
    found: EntryChange[],
    walk = { depth: 0, left: this.#entriesMax },
  ): Promise<void> {
    if (from === to) return;
    if (walk.depth > treeDepthMax) throw tooDeep(prefix);
    const old = await this.#folder(gitDirectory, from);
    const now = await this.#folder(gitDirectory, to);
    walk.left -= Math.max(old.size, now.size);
    if (walk.left < 0) throw tooMany(prefix);
    for (const name of [...new Set([...old.keys(), ...now.keys()])].sort()) {
      const [before, after] = [old.get(name), now.get(name)];
      if (before?.oid === after?.oid && before?.mode === after?.mode) continue;
      const path = prefix + name;
      const folders = [folderOf(before), folderOf(after)] as const;
      const change = changeOf(path, before, after);
      if (change !== undefined) found.push(change);
      walk.depth += 1;
      await this.#compare(gitDirectory, folders, `${path}/`, found, walk);
      walk.depth -= 1;
    }
  }

  async compareTrees(gitDirectory: string, from: string, to: string): Promise<readonly EntryChange[]> {
    const found: EntryChange[] = [];
    await this.#compare(gitDirectory, [from, to], '', found);
    return found;
  }

  async listTree(gitDirectory: string, tree: string): Promise<readonly ListedEntry[]> {
    const found: EntryChange[] = [];
    await this.#compare(gitDirectory, [undefined, tree], '', found);
    return found.map(({ path, after }) => ({ path, ...after! }));
  }

  async entryAt(gitDirectory: string, tree: string, path: string): Promise<ListedEntry | undefined> {
    let entry: Side = { mode: folderMode, oid: tree };
    for (const name of path.split('/')) {
      const folder = folderOf(entry);
      entry = folder === undefined ? undefined : (await this.#folder(gitDirectory, folder)).get(name);
    }
    return entry && { path, ...entry };
  }
}

/** It holds the thread for long where there is much to do, and packs in memory for as long as it lives. */
export function libraryReading(
  fs: SourceFileSystem,
  turn?: Turn,
  entriesMax = treeEntriesMax,
  bounds = objectBounds,
): GitReading {
  return new LibraryReading(fs, turn, entriesMax, bounds);
}
