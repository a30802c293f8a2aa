/** One git directory: its commits, the files of them, and what differs between two. Never writes to it. */
import type { Turn } from '../../platform/turn.ts';
import { commitLinks } from './commit.ts';
import type { GitObject, GitReading } from './git-engine.ts';
import type { EntryChange } from './listed-tree.ts';
import type { BlobChange, OddChange, TreeChanges } from './source.ts';
import { messageOf, SourceError } from './source-error.ts';
import { tooDeep, tooDeepFolder } from './tree-bounds.ts';

/** Ordinary files; symbolic links and submodules lead elsewhere and are passed over. */
const fileModes = new Set(['100644', '100755', '100664']);
const oddModes: Readonly<Record<string, OddChange['kind']>> = { '160000': 'submodule', '120000': 'link' };

type ObjectType = 'commit' | 'tree' | 'blob';

/** Only a commit may be gone; what a commit refers to must be there. */
function missing(type: ObjectType, oid: string): SourceError {
  return new SourceError(type === 'commit' ? 'GONE' : 'CORRUPT', `${type} ${oid} is not in the repository`);
}

function asSourceError(error: unknown, type: ObjectType, oid: string): SourceError {
  if (error instanceof SourceError) return error;
  return new SourceError('CORRUPT', `${type} ${oid} can't be read: ${messageOf(error)}`, error);
}

function fileOf(entry: EntryChange['before']): string | undefined {
  return entry !== undefined && fileModes.has(entry.mode) ? entry.oid : undefined;
}

/** What two trees have otherwise, as far as it was found. */
interface Differences {
  readonly files: BlobChange[];
  readonly odd: OddChange[];
}

/** Notes what became of one path. */
function note({ files, odd }: Differences, { path, before, after }: EntryChange): void {
  const [oldFile, file] = [fileOf(before), fileOf(after)];
  if (file !== oldFile) files.push(file === undefined ? { path } : { path, oid: file });
  const [oldKind, kind] = [oddModes[before?.mode ?? ''], oddModes[after?.mode ?? '']];
  if (kind !== oldKind) odd.push(kind === undefined ? { path } : { path, kind });
}

function inOrder(files: BlobChange[]): BlobChange[] {
  return files.sort((left, right) => (left.path < right.path ? -1 : left.path > right.path ? 1 : 0));
}

/** Entries between two looks at the clock. */
const entriesPerLook = 256;

/** Commits that are remembered: those that one look after the other asks for. */
const rememberedMax = 32;

/** Larger ones are read again. */
const rememberedBytesMax = 65_536;

/** Tags of tags of … a commit. */
const tagsMax = 8;
const taggedObject = /^object ([0-9a-f]{40})\n/;

const never = new AbortController().signal;

export class Repository {
  readonly gitDirectory: string;
  readonly #reading: GitReading;
  /** Others have their turns while long lists are gone through. */
  readonly #turn: Turn | undefined;
  /** By id; the one that was read last is the last one. */
  readonly #remembered = new Map<string, GitObject>();

  constructor(reading: GitReading, gitDirectory: string, turn?: Turn) {
    this.#reading = reading;
    this.#turn = turn;
    this.gitDirectory = gitDirectory;
  }

  /** What was read before may not be there any more. */
  forget(): void {
    this.#remembered.clear();
  }

  /** An object of any type; undefined where there is none. */
  async object(oid: string): Promise<GitObject | undefined> {
    const object = this.#remembered.get(oid) ?? (await this.#reading.readObject(this.gitDirectory, oid, never));
    if (object !== undefined && object.type !== 'blob') this.remember(oid, object);
    return object;
  }

  /** So that it is not read again: a commit, a tag or a tree, checked against its id. */
  remember(oid: string, object: GitObject): void {
    if (object.content.length > rememberedBytesMax) return;
    this.#remembered.delete(oid);
    this.#remembered.set(oid, object);
    if (this.#remembered.size > rememberedMax) this.#remembered.delete(this.#remembered.keys().next().value!);
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

  /** The blob of a file of a commit; undefined when the commit has none at that path. */
  async blobAt(commit: string, path: string): Promise<string | undefined> {
    const tree = await this.treeOf(commit);
    return fileOf(await this.#reading.entryAt(this.gitDirectory, tree, path, never));
  }

  /** A file of a commit; undefined when the commit has none at that path. */
  async readFile(commit: string, path: string): Promise<Uint8Array | undefined> {
    const oid = await this.blobAt(commit, path);
    return oid === undefined ? undefined : this.readObject(oid, 'blob');
  }

  /** See `Source.changes`; nothing is put aside. */
  async changes(from: string | undefined, to: string): Promise<TreeChanges> {
    const before = from === undefined ? undefined : await this.treeOf(from);
    const after = await this.treeOf(to);
    const found: Differences = { files: [], odd: [] };
    let count = 0;
    for (const change of await this.#compare(before, after)) {
      const folder = tooDeepFolder(change.path);
      if (folder !== undefined) throw tooDeep(folder);
      note(found, change);
      count += 1;
      if (count % entriesPerLook === 0) await this.#turn?.rest();
    }
    return { files: inOrder(found.files), odd: found.odd };
  }

  async #compare(before: string | undefined, after: string): Promise<Iterable<EntryChange>> {
    if (before === after) return [];
    if (before !== undefined) return this.#reading.compareTrees(this.gitDirectory, before, after, never);
    const listed = await this.#reading.listTree(this.gitDirectory, after, never);
    return Iterator.from(listed).map((entry) => ({ path: entry.path, after: entry }));
  }
}
