/** What the controller opens of a state file in which the disk changed something. */
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import test from 'ava';
import { openReadableState } from '../../../controller/state/sqlite/copied-state.ts';
import { savedRows } from '../../../controller/state/sqlite/mend-state.ts';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import { withLogApplied } from '../../../controller/state/sqlite/write-ahead-log.ts';
import { isReadOnDemand } from '../../../controller/state/state-port.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import { DiskError } from '../../../platform/ports.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import { scratchDirectory } from '../doors/scene.ts';
import { readText, rowsOf } from './conformance.ts';

const pageBytes = 8192;

/** A state of some pages: rows of many sizes, one of which is over on other pages, and what deletions leave. */
async function filled(path: string): Promise<readonly string[]> {
  const state = openSqliteState(path);
  const random = new SimRandom(7);
  const value = (n: number) => JSON.stringify({ n, text: 'x'.repeat(n === 5 ? 20_000 : random.fraction() * 900) });
  const write = (room: string, n: number) => ({ room, key: `d-${n}`, value: value(n) });
  const many = (count: number) => Array.from({ length: count }, (_, n) => n);
  await state.commit(many(80).map((n) => write('device', n)));
  await state.commit(many(10).map((n) => write('envelope', n)));
  await state.commit(many(25).map((n) => ({ room: 'device', key: `d-${n * 3}` })));
  await state.commit(many(10).map((n) => write('owed', n)));
  const rows = await rowsOf(state);
  await state.close();
  return rows;
}

type Damage = (bytes: Uint8Array, page: number) => void;

const damages: Readonly<Record<string, Damage>> = {
  'is zeroed': (bytes, page) => bytes.fill(0, page * pageBytes, (page + 1) * pageBytes),
  'holds something else': (bytes, page) => bytes.fill(0x5a, page * pageBytes, (page + 1) * pageBytes),
  'begins with something else': (bytes, page) => bytes.fill(0xff, page * pageBytes, page * pageBytes + 600),
  'is torn in the middle': (bytes, page) => bytes.fill(0x33, page * pageBytes + 4000, (page + 1) * pageBytes),
};

/** Rows of one page here, at most. */
const lostMax = 40;

function namesOf(rows: readonly string[]): string[] {
  return rows.map((row) => row.split('=', 1)[0]!);
}

/** As `savedRows` has them, of a file of these bytes without a log. */
function savedNames(bytes: Uint8Array): string[] {
  const { rows } = savedRows(withLogApplied(bytes, new Uint8Array()));
  return rows.filter((row) => !isReadOnDemand(row)).map(({ room, key }) => `${room}/${key}`);
}

test('whichever page of the file is torn, and however, all rows of the others are saved', async (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  const names = namesOf(await filled(path));
  const whole = readFileSync(path);
  t.deepEqual(savedNames(whole).sort(), [...names].sort());
  for (const [what, damage] of Object.entries(damages)) {
    let lostAtMost = 0;
    for (let page = 0; page < whole.length / pageBytes; page += 1) {
      const bytes = Uint8Array.from(whole);
      damage(bytes, page);
      const found = savedNames(bytes);
      lostAtMost = Math.max(lostAtMost, names.length - found.length);
      t.deepEqual(found, [...new Set(found)]);
      // What is torn may say anything; a row of another name is one of those that a start sets aside.
      if (what !== 'is torn in the middle')
        t.deepEqual(
          found.filter((name) => !names.includes(name)),
          [],
        );
    }
    t.true(lostAtMost > 0 && lostAtMost <= lostMax, `${what}: ${lostAtMost} of ${names.length}`);
  }
});

for (const what of ['first page', 'page of rows'] as const) {
  test(`a state whose ${what} holds something else is opened with what is left, and goes on`, async (t) => {
    using directory = scratchDirectory();
    const path = `${directory.path}/controller.db`;
    const rows = await filled(path);
    const whole = readFileSync(path);
    const torn = Array.from({ length: whole.length / pageBytes }, (_, page) => {
      const bytes = Uint8Array.from(whole);
      damages['holds something else']!(bytes, page);
      return bytes;
    });
    writeFileSync(
      path,
      torn.find((bytes, page) => (what === 'first page' ? page === 0 : savedNames(bytes).length < rows.length))!,
    );
    const state = openReadableState(path, nodeDisk);
    const found = await rowsOf(state);
    t.is(found.length < rows.length, what === 'page of rows');
    t.true(rows.length - found.length <= lostMax);
    const document = { room: 'envelope', key: 'd-1' };
    await state.commit([
      { room: 'device', key: 'new', value: '1' },
      { ...document, value: '2' },
    ]);
    await state.close();
    const again = openSqliteState(path);
    t.deepEqual(await rowsOf(again), [...found, 'device/new=1'].sort());
    t.deepEqual((await again.read([document])).map(readText), ['d-1=2']);
    await again.close();
  });
}

test('a file that was cut off gives what is left of it, one that never was a state nothing, and both lie aside', async (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  const rows = await filled(path);
  const whole = readFileSync(path);
  const cut = whole.subarray(0, whole.length - 2 * pageBytes - 100);
  const junk = Buffer.from('this is not a database, and long enough to be looked at as one'.repeat(100));
  for (const [bytes, atLeast] of [
    [cut, rows.length - 2 * lostMax],
    [junk, 0],
  ] as const) {
    writeFileSync(path, bytes);
    const state = openReadableState(path, nodeDisk);
    t.regex(state.lost ?? '', /controller\.db was damaged: \d+ rows .*lies in .*controller\.db\.damaged-\d/);
    const found = await rowsOf(state);
    t.true(found.length >= atLeast && found.every((row) => rows.includes(row)), `${found.length}`);
    await state.close();
  }
  t.deepEqual(readFileSync(`${path}.damaged-1`), cut);
  t.deepEqual(readFileSync(`${path}.damaged-2`), junk);
});

test('damaged files do not fill a disk that fails again and again', async (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  for (let time = 0; time < 6; time += 1) {
    writeFileSync(path, `junk ${time} `.repeat(1000));
    await openReadableState(path, nodeDisk).close();
  }
  const aside = readdirSync(directory.path).filter((name) => name.includes('damaged'));
  t.deepEqual(aside.sort(), ['controller.db.damaged-4', 'controller.db.damaged-5', 'controller.db.damaged-6']);
});

test('what is in the log of a damaged file is saved with it', async (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  const other = `${directory.path}/other.db`;
  await filled(other);
  const state = openSqliteState(other);
  await state.commit([{ room: 'device', key: 'late', value: '1' }]);
  for (const suffix of ['', '-wal']) copyFileSync(`${other}${suffix}`, `${path}${suffix}`);
  await state.close();
  const bytes = readFileSync(path);
  bytes.fill(0x5a, 4 * pageBytes, 6 * pageBytes);
  writeFileSync(path, bytes);
  const mended = openReadableState(path, nodeDisk);
  t.true((await rowsOf(mended)).includes('device/late=1'));
  await mended.close();
  t.true(existsSync(`${path}.damaged-1`));
});

test('a stop while a damaged file is set aside is gone on from: the new one is there, and no log of the old', async (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  const rows = await filled(path);
  renameSync(path, `${path}.mended`);
  for (const left of [['controller.db', 'controller.db-wal'], ['controller.db-wal'], []]) {
    for (const name of left) writeFileSync(`${directory.path}/${name}`, 'junk'.repeat(2000));
    const state = openReadableState(path, nodeDisk);
    t.deepEqual(await rowsOf(state), rows, left.join());
    await state.close();
    renameSync(path, `${path}.mended`);
  }
});

test('a damaged state of a newer controller is left alone', async (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  await filled(path);
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  const bytes = readFileSync(path);
  bytes.fill(0x5a, 2 * pageBytes);
  writeFileSync(path, bytes);
  t.throws(() => openReadableState(path, nodeDisk), { code: 'STATE_NEWER' });
  t.deepEqual(readFileSync(path), bytes);
});

test('a damaged file on a full disk is read in memory, and made anew once there is room', async (t) => {
  using directory = scratchDirectory();
  const path = `${directory.path}/controller.db`;
  const rows = await filled(path);
  const bytes = readFileSync(path);
  bytes.fill(0x5a, 0, 100);
  writeFileSync(path, bytes);
  let isFull = true;
  const rename = (from: string, to: string) => {
    if (isFull) throw new DiskError('NO_SPACE', to, 'no space left on device');
    nodeDisk.rename(from, to);
  };
  const state = openReadableState(path, { ...nodeDisk, rename });
  t.deepEqual(await rowsOf(state), rows);
  t.regex(state.lost ?? '', /made anew once it can be written/);
  const write = { room: 'device', key: 'new', value: '1' };
  await t.throwsAsync(state.commit([write]), { code: 'STATE_FULL' });
  isFull = false;
  await state.commit([write]);
  t.is((await rowsOf(state)).length, rows.length + 1);
  await state.close();
});
