/** What a commit is made of: one statement over all tables that it writes to, and the columns that it takes for each. */
import type { StateWrite } from '../state-port.ts';
import type { Statement } from './session.ts';
import { textArray } from './text-array.ts';

type Table = 'rows' | 'documents' | 'documents_beside';

/** The steps of a commit in one table, from the parameter `$first` on; what goes from beside leaves a row without a value. */
function changesOf(table: Table, first: number): string {
  const [goneRooms, goneKeys, rooms, keys, values] = [0, 1, 2, 3, 4].map((at) => `$${first + at}::text[]`);
  const set = `INSERT INTO fleet_${table} (room, key, value)`;
  const orReplace = 'ON CONFLICT (room, key) DO UPDATE SET value = excluded.value';
  const gone = `fence, unnest(${goneRooms}, ${goneKeys}) AS given (room, key)`;
  const remove =
    table === 'documents_beside'
      ? `${set} SELECT given.room, given.key, NULL FROM ${gone} ${orReplace}`
      : `DELETE FROM fleet_${table} USING ${gone} WHERE fleet_${table}.room = given.room AND fleet_${table}.key = given.key`;
  return `gone_${table} AS (${remove}),
    kept_${table} AS (${set} SELECT given.room, given.key, given.value
      FROM fence, unnest(${rooms}, ${keys}, ${values}) AS given (room, key, value) ${orReplace})`;
}

/**
 * The fence holds on to the key of the lease until the commit is through. If another epoch begins meanwhile, one of the two
 * waits: either this is there before that term loads, or the fence is empty and so is all that follows from it.
 */
function commitOf(name: string, tables: readonly Table[]): Statement {
  const changes = tables.map((table, index) => changesOf(table, 2 + 5 * index));
  const text = `WITH fence AS MATERIALIZED (SELECT epoch FROM fleet_lease WHERE epoch = $1 FOR KEY SHARE),
    ${changes.join(',\n    ')}
    SELECT epoch FROM fence`;
  return { name, text };
}

/** As a rule. */
export const commit = commitOf('commit', ['rows', 'documents']);
/** Where something lies beside the documents. */
export const commitBeside = commitOf('commit-beside', ['rows', 'documents', 'documents_beside']);

function column(writes: readonly StateWrite[], name: 'room' | 'key' | 'value'): Uint8Array {
  return textArray(writes.map((write) => write[name]!));
}

/** As the statement takes them for one table. */
export function columnsOf(writes: readonly StateWrite[]): Uint8Array[] {
  const gone = writes.filter(({ value }) => value === undefined);
  const kept = writes.filter(({ value }) => value !== undefined);
  return [
    ...[column(gone, 'room'), column(gone, 'key')],
    ...[column(kept, 'room'), column(kept, 'key'), column(kept, 'value')],
  ];
}
