/**
 * Documents whose place in their table is torn: they can neither be read nor written there, and lie in a table beside it from their
 * next write on, so that the damage concerns those rows alone.
 */
import { type RowKey, rowName, type StateRow } from '../state-port.ts';
import type { Session, Statement } from './session.ts';
import { textArray } from './text-array.ts';

/** Made when a row is there for the first time. One without a value covers what can't be deleted. */
const table = `CREATE TABLE IF NOT EXISTS fleet_documents_beside (room text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL,
  value text, PRIMARY KEY (key, room))`;

const isThere: Statement = {
  name: 'is-beside-there',
  text: `SELECT to_regclass('fleet_documents_beside') IS NOT NULL AS "isThere"`,
};

const all: Statement = { name: 'all-beside', text: 'SELECT room, key FROM fleet_documents_beside' };

const values: Statement = {
  name: 'beside',
  text: `SELECT room, key, value FROM unnest($1::text[], $2::text[]) AS asked (room, key)
    JOIN fleet_documents_beside USING (room, key) WHERE value IS NOT NULL`,
};

/** As statements take them. */
export function columnsOfKeys(keys: readonly RowKey[]): Uint8Array[] {
  return [textArray(keys.map(({ room }) => room)), textArray(keys.map(({ key }) => key))];
}

export class DocumentsBeside {
  readonly #session: Session;
  readonly #names: Set<string>;

  private constructor(session: Session, rows: readonly RowKey[]) {
    this.#session = session;
    this.#names = new Set(rows.map(rowName));
  }

  /** Finds what terms before left there. */
  static async open(session: Session): Promise<DocumentsBeside> {
    const [found] = await session.query<{ isThere: boolean }>(isThere);
    return new DocumentsBeside(session, found!.isThere ? await session.query<RowKey>(all) : []);
  }

  has(row: RowKey): boolean {
    return this.#names.size > 0 && this.#names.has(rowName(row));
  }

  /** Those that have a value. All of them are here. */
  read(keys: readonly RowKey[]): Promise<readonly StateRow[]> {
    return this.#session.query<StateRow>(values, columnsOfKeys(keys));
  }

  /** Before a commit that puts these here. */
  async makeRoom(): Promise<void> {
    await this.#session.run(table);
  }

  /** After it. */
  note(rows: readonly RowKey[]): void {
    for (const row of rows) this.#names.add(rowName(row));
  }
}
