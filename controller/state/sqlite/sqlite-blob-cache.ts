/** The blob cache in a SQLite file of its own, which may be deleted whenever the controller is down. */
import type { DatabaseSync } from 'node:sqlite';
import type { Turn } from '../../../platform/turn.ts';
import type { BlobCache, FilesStep, RevisionFiles } from '../blob-cache.ts';
import { isCorrupt, openDatabase } from './database.ts';

const migrations: readonly string[] = [
  `CREATE TABLE blobs (id INTEGER PRIMARY KEY, room TEXT NOT NULL, blob TEXT NOT NULL, value BLOB NOT NULL) STRICT;
   CREATE UNIQUE INDEX blobs_by_id ON blobs (room, blob);
   CREATE TABLE files (path TEXT PRIMARY KEY, oid TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE kept (revision TEXT NOT NULL) STRICT`,
];

/** Rows that are written or removed in one transaction. */
const rowsAtOnce = 250;

/** Told when the cache can't be used; each thing once is enough. */
export type OnCacheTrouble = (error: unknown) => void;

/** What brings these files where nothing is. */
async function asChanges(files: RevisionFiles, turn: Turn): Promise<FilesStep['changes']> {
  const changes: { path: string; oid: string }[] = [];
  for (const [path, oid] of files) if (changes.push({ path, oid }) % rowsAtOnce === 0) await turn.rest();
  return changes;
}

class SqliteBlobCache implements BlobCache {
  #database: DatabaseSync;
  /** An empty one in its place. */
  readonly #openAnew: () => DatabaseSync;
  readonly #onTrouble: OnCacheTrouble;

  constructor(database: DatabaseSync, openAnew: () => DatabaseSync, onTrouble: OnCacheTrouble) {
    this.#database = database;
    this.#openAnew = openAnew;
    this.#onTrouble = onTrouble;
  }

  /** Nobody looked for damage, which takes as long as the file is large: who comes upon it gives all of the file up. */
  #fail(error: unknown): void {
    this.#onTrouble(error);
    if (!isCorrupt(error)) return;
    this.close();
    this.#database = this.#openAnew();
  }

  #try<T>(work: () => T, otherwise: T): T {
    try {
      return work();
    } catch (error) {
      this.#fail(error);
      return otherwise;
    }
  }

  /** Whether it was done. */
  #atomically(work: () => void): boolean {
    return this.#try(() => {
      this.#database.exec('BEGIN');
      try {
        work();
        this.#database.exec('COMMIT');
        return true;
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
        throw error;
      }
    }, false);
  }

  get(room: string, ids: readonly string[]): ReadonlyMap<string, Uint8Array> {
    return this.#try(() => {
      const statement = this.#database.prepare('SELECT value FROM blobs WHERE room = ? AND blob = ?');
      const found = new Map<string, Uint8Array>();
      for (const id of ids) {
        const row = statement.get(room, id);
        if (row !== undefined) found.set(id, row.value as Uint8Array);
      }
      return found;
    }, new Map());
  }

  put(room: string, entries: ReadonlyMap<string, Uint8Array>): void {
    if (entries.size === 0) return;
    this.#atomically(() => {
      const statement = this.#database.prepare('INSERT OR REPLACE INTO blobs (room, blob, value) VALUES (?, ?, ?)');
      for (const [id, value] of entries) statement.run(room, id, value);
    });
  }

  #kept(): string | undefined {
    return this.#database.prepare('SELECT revision FROM kept').get()?.revision as string | undefined;
  }

  async files(revision: string, turn: Turn): Promise<RevisionFiles | undefined> {
    try {
      if (this.#kept() !== revision) return undefined;
      const files = new Map<string, string>();
      for (const { path, oid } of this.#database.prepare('SELECT path, oid FROM files ORDER BY path').iterate()) {
        files.set(path as string, oid as string);
        if (turn.isOver()) await turn.pause();
      }
      return files;
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  /** Nothing counts as kept while it is written. */
  async keepFiles(revision: string, files: RevisionFiles, turn: Turn, from?: FilesStep): Promise<void> {
    const kept = this.#try(() => this.#kept(), undefined);
    if (kept === revision) return;
    const isStep = from !== undefined && kept === from.revision;
    const changes = isStep ? from.changes : await asChanges(files, turn);
    let isWhole = this.#atomically(() => {
      this.#database.exec('DELETE FROM kept');
      if (!isStep) this.#database.exec('DELETE FROM files');
    });
    for (let at = 0; at < changes.length && isWhole; at += rowsAtOnce) {
      isWhole = this.#atomically(() => this.#setFiles(changes.slice(at, at + rowsAtOnce)));
      await turn.rest();
    }
    if (isWhole) {
      this.#atomically(() => this.#database.prepare('INSERT INTO kept (revision) VALUES (?)').run(revision));
    }
  }

  #setFiles(changes: FilesStep['changes']): void {
    const set = this.#database.prepare('INSERT OR REPLACE INTO files (path, oid) VALUES (?, ?)');
    const remove = this.#database.prepare('DELETE FROM files WHERE path = ?');
    for (const { path, oid } of changes) oid === undefined ? remove.run(path) : set.run(path, oid);
  }

  async prune(turn: Turn): Promise<void> {
    try {
      const revision = this.#kept();
      if (revision === undefined) return;
      const ids = await this.#unheld(turn);
      for (let at = 0; at < ids.length; at += rowsAtOnce) {
        // Another one's files may have come meanwhile.
        if (this.#kept() !== revision || !this.#atomically(() => this.#remove(ids.slice(at, at + rowsAtOnce)))) return;
        await turn.rest();
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Rows of blobs that no kept file has. */
  async #unheld(turn: Turn): Promise<readonly number[]> {
    const held = new Set<unknown>();
    for (const { oid } of this.#database.prepare('SELECT oid FROM files').iterate()) {
      held.add(oid);
      if (turn.isOver()) await turn.pause();
    }
    const ids: number[] = [];
    for (const { id, blob } of this.#database.prepare('SELECT id, blob FROM blobs').iterate()) {
      if (!held.has(blob)) ids.push(Number(id));
      if (turn.isOver()) await turn.pause();
    }
    return ids;
  }

  #remove(ids: readonly number[]): void {
    const remove = this.#database.prepare('DELETE FROM blobs WHERE id = ?');
    for (const id of ids) remove.run(id);
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

/** Opens or creates the cache; what is damaged, or can't be opened, is replaced by `remove` and an empty one. */
export function openSqliteBlobCache(path: string, remove: () => void, onTrouble: OnCacheTrouble): BlobCache {
  // What tells whether files are kept is looked at; all else is a cache's to lose.
  const open = (file: string) => openDatabase(file, { migrations, durability: 'normal', checked: 'kept' });
  const openAnew = (): DatabaseSync => {
    try {
      remove();
      return open(path);
    } catch (error) {
      onTrouble(error);
      return open(':memory:');
    }
  };
  try {
    return new SqliteBlobCache(open(path), openAnew, onTrouble);
  } catch (error) {
    onTrouble(error);
    return new SqliteBlobCache(openAnew(), openAnew, onTrouble);
  }
}
