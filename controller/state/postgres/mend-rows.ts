/**
 * The table of rows, made anew of what can be read of it, block by block, without its index. The damaged one is kept under the epoch
 * that found it; nothing is exchanged but under that epoch.
 */
import { StateError } from '../state-port.ts';
import type { Session, Statement } from './session.ts';

const fresh = 'fleet_rows_mended';
const damagedName = 'fleet_rows_damaged_';

/** Damaged tables that are kept. */
const damagedKept = 3;

/** Copied at once, where none of them is torn. */
const blocksPerCopy = 1_024;

const blocks: Statement = {
  name: 'blocks',
  text: "SELECT (pg_relation_size('fleet_rows') / current_setting('block_size')::int)::int AS count",
};

/** Where one block is copied alone, what lies elsewhere for a row of it may be torn too: then the block counts as torn. */
const copy: Statement = {
  name: 'copy-blocks',
  text: `WITH copied AS (INSERT INTO ${fresh} SELECT room, key, value FROM fleet_rows
      WHERE ctid >= format('(%s,0)', $1::int)::tid AND ctid < format('(%s,0)', $2::int)::tid
      ON CONFLICT DO NOTHING RETURNING 1)
    SELECT count(*)::int AS count FROM copied`,
};

const fence: Statement = { name: 'fence', text: 'SELECT epoch FROM fleet_lease WHERE epoch = $1 FOR KEY SHARE' };

const damagedTables: Statement = {
  name: 'damaged-tables',
  text: `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relname ~ '^${damagedName}[0-9]+$'
    AND pg_table_is_visible(oid) ORDER BY length(relname) DESC, relname DESC`,
};

/** What came of it. */
export interface MendedRows {
  readonly rowsSaved: number;
  readonly pagesTorn: number;
  /** The table that keeps what was damaged. */
  readonly aside: string;
}

class Copying {
  readonly #session: Session;
  rowsSaved = 0;
  pagesTorn = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Of many with a torn one among them, each half by itself. */
  async copy(from: number, to: number): Promise<void> {
    try {
      const [copied] = await this.#session.query<{ count: number }>(copy, [from, to]);
      this.rowsSaved += copied!.count;
    } catch (error) {
      // What ends the connection ends the term; of all else that a server says of its pages, each is torn.
      const isTorn = error instanceof StateError && (error.code === 'STATE_CORRUPT' || error.code === 'STATE_IO');
      if (!isTorn) throw error;
      if (to - from > 1) {
        const half = Math.floor((from + to) / 2);
        await this.copy(from, half);
        return this.copy(half, to);
      }
      this.pagesTorn += 1;
    }
  }
}

async function exchange(session: Session, epoch: number, aside: string): Promise<void> {
  await session.run('BEGIN');
  try {
    if ((await session.query(fence, [epoch])).length === 0)
      throw new StateError(
        'STATE_LEASE_LOST',
        `epoch ${epoch} has passed: another controller leads; nothing was mended`,
      );
    const rename = (from: string, to: string): string =>
      `ALTER TABLE ${from} RENAME TO ${to}; ALTER TABLE ${to} RENAME CONSTRAINT ${from}_pkey TO ${to}_pkey`;
    await session.run(`${rename('fleet_rows', aside)}; ${rename(fresh, 'fleet_rows')}`);
    await session.run('COMMIT');
  } catch (error) {
    await session.run('ROLLBACK').catch(() => {});
    throw error;
  }
}

/** Makes it anew; throws `StateError`. Nobody else uses the connection meanwhile. */
export async function mendRows(session: Session, epoch: number): Promise<MendedRows> {
  const damaged = await session.query<{ name: string }>(damagedTables);
  for (const { name } of damaged.slice(damagedKept - 1)) await session.run(`DROP TABLE ${name}`);
  await session.run(`DROP TABLE IF EXISTS ${fresh}; CREATE TABLE ${fresh} (LIKE fleet_rows, PRIMARY KEY (room, key))`);
  const [{ count } = { count: 0 }] = await session.query<{ count: number }>(blocks);
  const copying = new Copying(session);
  // By their places alone: neither through the index, which may be what is torn, nor through blocks that were not asked for.
  await session.run('SET enable_seqscan = off; SET enable_indexscan = off; SET enable_bitmapscan = off');
  try {
    for (let from = 0; from < count; from += blocksPerCopy)
      await copying.copy(from, Math.min(from + blocksPerCopy, count));
  } finally {
    await session.run('RESET enable_seqscan; RESET enable_indexscan; RESET enable_bitmapscan').catch(() => {});
  }
  const { rowsSaved, pagesTorn } = copying;
  const aside = `${damagedName}${epoch}`;
  await session.run(`DROP TABLE IF EXISTS ${aside}`);
  await exchange(session, epoch, aside);
  return { rowsSaved, pagesTorn, aside };
}
