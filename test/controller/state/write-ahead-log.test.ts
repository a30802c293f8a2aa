import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'ava';
import { withLogApplied } from '../../../controller/state/sqlite/write-ahead-log.ts';

/** A file and the log beside it, as a program leaves them that is killed after three commits and in the middle of a fourth. */
function killed(): { readonly file: Uint8Array; readonly log: Uint8Array } {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-log-'));
  const path = join(directory, 'a.db');
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA page_size = 512; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL');
    database.exec(
      'PRAGMA cache_size = 1; PRAGMA cache_spill = 1; CREATE TABLE rows (n INTEGER PRIMARY KEY, text TEXT)',
    );
    const add = database.prepare('INSERT INTO rows VALUES (?, ?)');
    const addAll = (from: number, to: number) => {
      database.exec('BEGIN');
      for (let n = from; n < to; n += 1) add.run(n, 'x'.repeat(400));
    };
    addAll(0, 1);
    database.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
    addAll(1, 4);
    database.exec('COMMIT');
    addAll(4, 40);
    return { file: new Uint8Array(readFileSync(path)), log: new Uint8Array(readFileSync(`${path}-wal`)) };
  } finally {
    database.close();
    rmSync(directory, { recursive: true });
  }
}

function rowsIn(bytes: Uint8Array): number {
  const database = new DatabaseSync(':memory:');
  database.deserialize(bytes);
  const { count, check } = database
    .prepare('SELECT (SELECT count(*) FROM rows) AS count, (SELECT quick_check FROM pragma_quick_check) AS "check"')
    .get() as { count: number; check: string };
  database.close();
  return check === 'ok' ? count : -1;
}

test('a log is applied up to its last whole commit', (t) => {
  const { file, log } = killed();
  t.true(log.length > 10_000, 'of what was not committed a part is there');
  t.is(rowsIn(withLogApplied(file, new Uint8Array())), 1);
  t.is(rowsIn(withLogApplied(file, log)), 4);
});

test('of a log that is torn or rotten anywhere a commit counts as a whole or not at all', (t) => {
  const { file, log } = killed();
  for (let at = 0; at < log.length; at += 41) {
    t.true([1, 4].includes(rowsIn(withLogApplied(file, log.subarray(0, at)))), `cut at ${at}`);
    const rotten = Uint8Array.from(log);
    rotten[at]! ^= 1;
    t.true([1, 4].includes(rowsIn(withLogApplied(file, rotten))), `flipped at ${at}`);
  }
});
