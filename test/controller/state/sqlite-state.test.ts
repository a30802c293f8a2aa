import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'ava';
import { openReadableState } from '../../../controller/state/sqlite/copied-state.ts';
import { openSqliteBlobCache } from '../../../controller/state/sqlite/sqlite-blob-cache.ts';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import type { RowKey, StatePort } from '../../../controller/state/state-port.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import type { Disk } from '../../../platform/ports.ts';
import { Turn } from '../../../platform/turn.ts';
import { scratchDirectory } from '../doors/scene.ts';
import { conforms, readText, rowsOf } from './conformance.ts';

conforms(test, 'SQLite', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-state-'));
  return {
    open: async () => openSqliteState(join(directory, 'controller.db')),
    remove: async () => rmSync(directory, { recursive: true, force: true }),
  };
});

test('a file that is no database is refused as corrupt', (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  writeFileSync(path, 'this is not a database, and long enough to be looked at as one'.repeat(100));
  t.throws(() => openSqliteState(path), { code: 'STATE_CORRUPT', message: /controller\.db/ });
});

/** Writes rows of a room until they fill tens of pages. */
function fill(state: StatePort, room: string): Promise<void> {
  return state.commit(Array.from({ length: 200 }, (_, n) => ({ room, key: `key-${n}`, value: 'x'.repeat(500) })));
}

/** Pages that hold values only: nothing but looking at all of them finds it. */
function tear(path: string): void {
  const file = openSync(path, 'r+');
  for (let page = 20; page < 24; page += 1) writeSync(file, new Uint8Array(2000).fill(0x5a), 0, 2000, page * 4096);
  closeSync(file);
}

test('a database with a torn page is refused as corrupt', async (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  const state = openSqliteState(path);
  await fill(state, 'a');
  await state.close();
  tear(path);
  t.throws(() => openSqliteState(path), { code: 'STATE_CORRUPT' });
});

/** Documents of which some lie on torn pages. */
async function tornDocuments(path: string) {
  const first = openSqliteState(path);
  await fill(first, 'envelope');
  await first.close();
  tear(path);
  const state = openSqliteState(path);
  const keys = Array.from({ length: 200 }, (_, n) => ({ room: 'envelope', key: `key-${n}` }));
  const torn = (await state.read(keys)).filter((row) => 'error' in row);
  return { state, keys, torn };
}

test('of what is read on demand a torn page concerns its own rows: they are told, and all others are read', async (t) => {
  using directory = scratchDirectory();
  const { state, keys, torn } = await tornDocuments(`${directory.path}/controller.db`);
  t.true(torn.length > 0 && torn.length < 100, `${torn.length}`);
  t.true(torn.every(({ error }) => error.code === 'STATE_CORRUPT'));
  t.is((await state.read(keys)).length, 200);
  await state.close();
});

test('rows of a torn page are written and deleted as others are, and stay so after a stop and after a kill', async (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  const { state, torn } = await tornDocuments(path);
  const [set, gone, left] = torn.map(({ room, key }): RowKey => ({ room, key })) as [RowKey, RowKey, RowKey];
  await state.commit([
    { ...set, value: '1' },
    { ...gone, value: '1' },
    { room: 'a', key: 'x', value: '1' },
  ]);
  await state.commit([{ ...set, value: '2' }, gone]);
  // What a program leaves that is killed.
  for (const suffix of ['', '-wal']) copyFileSync(`${path}${suffix}`, `${directory.path}/killed.db${suffix}`);
  await state.close();
  for (const file of [path, `${directory.path}/killed.db`]) {
    const again = openSqliteState(file);
    const texts = (await again.read([set, gone, left])).map(readText);
    t.deepEqual([texts, await rowsOf(again)], [[`${set.key}=2`, `${left.key}=STATE_CORRUPT`], ['a/x=1']]);
    await again.close();
  }
});

test('a database that another controller has open is not opened, and can be once that is gone', async (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  const state = openSqliteState(path);
  await state.commit([{ room: 'a', key: 'b', value: '1' }]);
  const refusal = { code: 'STATE_LOCKED', message: /another controller has it open/ };
  t.throws(() => openSqliteState(path, { lockMsMax: 10 }), refusal);
  await state.commit([{ room: 'a', key: 'b', value: '2' }]);
  await state.close();
  const next = openSqliteState(path);
  t.deepEqual(await rowsOf(next), ['a/b=2']);
  await next.close();
});

test('a database that a newer controller wrote is left alone', async (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  await openSqliteState(path).close();
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 99');
  database.close();
  t.throws(() => openSqliteState(path), { code: 'STATE_NEWER' });
});

const firstRelease = `CREATE TABLE devices (name TEXT PRIMARY KEY, issued TEXT, envelope TEXT, report TEXT,
    report_counter INTEGER, contact_at INTEGER, connected INTEGER) STRICT, WITHOUT ROWID;
  CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL, event TEXT NOT NULL) STRICT;
  CREATE TABLE refusals (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, subject TEXT NOT NULL, refusal TEXT NOT NULL);
  CREATE TABLE key_values (room TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (room, key));
  PRAGMA user_version = 1;
  INSERT INTO devices VALUES ('buoy-1', '{"sequence":3}', 'signed', '{}', 1, 1000, 1), ('buoy-2', NULL, NULL, '{}', 1, 2, 0);
  INSERT INTO key_values VALUES ('revision', 'in-force', CAST('{"info":{"id":"abc"},"files":[]}' AS BLOB))`;

/** What a disk without room leaves of a file that is to be opened: nothing can be put beside it. */
function withoutRoom(path: string): Disposable {
  mkdirSync(`${path}-wal`);
  return { [Symbol.dispose]: () => rmSync(`${path}-wal`, { recursive: true, force: true }) };
}

const files: Disk = {
  ...nodeDisk,
  stat: (path) => (path.endsWith('-wal') ? undefined : nodeDisk.stat(path)),
};

test('a file that can not be written at present is read, its old tables too; it is written once it can be', async (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  const database = new DatabaseSync(path);
  database.exec(firstRelease);
  database.close();
  const before = readFileSync(path);
  const full = withoutRoom(path);
  t.throws(() => openSqliteState(path), { code: 'STATE_IO' });
  const state = openReadableState(path, files);
  const kept = await rowsOf(state);
  t.is(kept.length, 2);
  await t.throwsAsync(() => state.commit([{ room: 'a', key: 'x', value: '1' }]), { code: 'STATE_IO' });
  t.deepEqual(await rowsOf(state), kept, 'what was not committed did not happen');
  t.deepEqual(readFileSync(path), before);
  full[Symbol.dispose]();
  await state.commit([{ room: 'a', key: 'x', value: '1' }]);
  await state.close();
  const again = openSqliteState(path);
  t.deepEqual(await rowsOf(again), ['a/x=1', ...kept]);
  await again.close();
});

test('where nothing can be written, no file is an error, and one that is no state is none, which is told', async (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  using _full = withoutRoom(path);
  t.throws(() => openReadableState(path, files), { code: 'STATE_IO' });
  writeFileSync(path, 'no database'.repeat(1000));
  const state = openReadableState(path, files);
  t.deepEqual(await rowsOf(state), []);
  t.regex(state.lost ?? '', /was damaged: 0 rows/);
});

test('what the first release kept is taken over: what was issued, and what was in force', async (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  const database = new DatabaseSync(path);
  database.exec(firstRelease);
  database.close();
  const state = openSqliteState(path);
  t.deepEqual(await rowsOf(state), [
    'device/buoy-1={"issued":{"sequence":3},"envelope":"signed","contactAt":1000}',
    'revision/in-force={"id":"abc"}',
  ]);
  await state.close();
});

const writer = `
  import { openSqliteState } from ${JSON.stringify(new URL('../../../controller/state/sqlite/sqlite-state.ts', import.meta.url).href)};
  const state = openSqliteState(process.argv[1]);
  for (let n = Number(process.argv[2]); ; n += 1) {
    await state.commit([{ room: 'a', key: 'left', value: String(n) }, { room: 'a', key: 'right', value: String(n) }]);
    process.stdout.write(n + '\\n');
  }
`;

test('kill -9 at any moment loses nothing that was confirmed and tears no write-set', async (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  let confirmed = 0;
  for (let round = 0; round < 3; round += 1) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', writer, path, String(confirmed + 1)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let text = '';
    const goal = 20 + round * 37;
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.split('\n').length > goal) child.kill('SIGKILL');
    });
    await once(child, 'close');
    confirmed = Number(text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1));
    const state = openSqliteState(path);
    const [left, right] = (await rowsOf(state)).map((row) => Number(row.split('=')[1]));
    await state.close();
    t.is(left, right);
    t.true((left ?? 0) >= confirmed, `${left} is kept, ${confirmed} was confirmed`);
    confirmed = left ?? 0;
  }
});

test('a blob cache that is damaged is made anew, and told of', (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/cache.db`;
  writeFileSync(path, 'this is not a database, and long enough to be looked at as one'.repeat(100));
  const troubles: unknown[] = [];
  const cache = openSqliteBlobCache(
    path,
    () => rmSync(path),
    (error) => troubles.push(error),
  );
  cache.put('room', new Map([['blob', new Uint8Array([1])]]));
  t.deepEqual(cache.get('room', ['blob', 'other']), new Map([['blob', new Uint8Array([1])]]));
  t.is(troubles.length, 1);
  cache.close();
});

test('a blob cache that turns out to be damaged inside is given up whole where that is come upon, and goes on empty', async (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/cache.db`;
  const troubles: unknown[] = [];
  const open = () =>
    openSqliteBlobCache(
      path,
      () => rmSync(path),
      (error) => troubles.push(error),
    );
  const blobs = Array.from({ length: 500 }, (_, at) => `blob-${at}`);
  const first = open();
  first.put('room', new Map(blobs.map((blob) => [blob, new Uint8Array(1_000)])));
  await first.keepFiles('1', new Map([['x', 'blob-1']]), new Turn(nodeClock));
  first.close();
  // All but the pages that say what tables there are and where they begin.
  const file = openSync(path, 'r+');
  writeSync(file, new Uint8Array(300_000).fill(0xff), 0, 300_000, 12 * 8_192);
  closeSync(file);
  const cache = open();
  t.deepEqual(troubles, [], 'nobody reads a large file to open it');
  t.is(cache.get('room', blobs).size, 0);
  t.is(troubles.length, 1);
  cache.put('room', new Map([['blob-7', new Uint8Array([7])]]));
  t.deepEqual(cache.get('room', blobs), new Map([['blob-7', new Uint8Array([7])]]));
  t.is(await cache.files('1', new Turn(nodeClock)), undefined, 'what was kept there went with it');
  t.is(troubles.length, 1);
  cache.close();
});

test('files of a revision are kept from step to step, and blobs that it does not hold go', async (t) => {
  const turn = new Turn(nodeClock);
  const cache = openSqliteBlobCache(
    ':memory:',
    () => {},
    (error) => t.fail(String(error)),
  );
  cache.put('room', new Map(['a', 'b', 'c'].map((blob) => [blob, new Uint8Array([1])])));
  const first = new Map([
    ['x', 'a'],
    ['y', 'b'],
  ]);
  await cache.keepFiles('1', first, turn);
  const second = new Map([['x', 'c']]);
  await cache.keepFiles('2', second, turn, { revision: '1', changes: [{ path: 'x', oid: 'c' }, { path: 'y' }] });
  t.is(await cache.files('1', turn), undefined);
  t.deepEqual(await cache.files('2', turn), second);
  await cache.keepFiles('9', first, turn, { revision: 'another', changes: [] });
  t.deepEqual(await cache.files('9', turn), first, 'a step from elsewhere is not believed');
  let seconds = 0;
  const monotonic = (): number => {
    seconds += 1;
    return seconds * 1_000;
  };
  const pruned = cache.prune(new Turn({ ...nodeClock, monotonic }));
  t.is([...cache.get('room', ['a', 'b', 'c']).keys()].length, 3, 'not all in one turn');
  await pruned;
  t.deepEqual([...cache.get('room', ['a', 'b', 'c']).keys()], ['a', 'b']);
  cache.close();
});
