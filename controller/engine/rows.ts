/** Rows of the state from what the engine remembers, and back. */
import type { AuditHead } from '../../schemas/audit-chain.ts';
import type { Refusal } from '../../schemas/generated/types.ts';
import type { KeptToken } from '../access/token.ts';
import type { FleetDefinition } from '../manifests/definition.ts';
import type { Counted } from '../planning/rollout/begin.ts';
import type { FinishedRollout, Rollout } from '../planning/rollout/rollout.ts';
import type { StateRow, StateWrite } from '../state/state-port.ts';
import { type DeviceRow, packRecord, unpackRow } from './device-rows.ts';
import { type DocumentRoom, type Documents, type Owed, owedKey, type Write } from './records.ts';
import { assertDocument, assertRow, isRoom, type Room, readTerms } from './row-shapes.ts';
import { SharedValues } from './shared-values.ts';
import { isWholeRow, splitRow } from './whole-rows.ts';

/** What a document says. Throws on whatever can't be read or believed. */
export function decodeDocument<R extends DocumentRoom>(room: R, text: string): Documents[R] {
  const value: unknown = JSON.parse(text);
  assertDocument(room, value);
  return value as Documents[R];
}

/** Rows that could not be read, as they were. */
const asideRoom = 'aside';

function row(room: string, key: string, value: unknown): StateWrite {
  return { room, key, value: JSON.stringify(value) };
}

function rowOrGone(room: string, key: string, value: unknown): StateWrite {
  return value === undefined ? { room, key } : row(room, key, value);
}

/** What makes a write durable. */
export function encodeWrite(write: Write): StateWrite {
  switch (write.kind) {
    case 'device':
      return row('device', write.name, packRecord(write.record));
    case 'document':
      if (write.value === undefined) return { room: write.room, key: write.name };
      return { room: write.room, key: write.name, value: write.text ?? JSON.stringify(write.value) };
    case 'marks':
      return row('marks', write.name, write.marks);
    case 'owed':
      if (write.settled) return { room: 'owed', key: owedKey(write.owed) };
      return row('owed', owedKey(write.owed), write.owed);
    case 'revision':
      return row('revision', 'in-force', write.revision);
    case 'source':
      return row('source', 'state', write.source);
    case 'accepted':
      if (write.revision === undefined) return { room: 'accepted', key: 'revision' };
      return row('accepted', 'revision', write.revision);
    case 'rollout':
      return rowOrGone('rollout', write.fleet, write.rollout);
    case 'definition':
      return rowOrGone('definition', write.fleet, write.definition);
    case 'finished':
      return rowOrGone('finished', write.fleet, write.rollouts.length === 0 ? undefined : write.rollouts);
    case 'forgotten':
      return row('forgotten', 'rollouts', write.forgotten);
    case 'refusal':
      if (write.refusal === undefined) return { room: 'refusal', key: write.key };
      return row('refusal', write.key, write.refusal);
    case 'token':
      return rowOrGone('token', write.name, write.token);
    case 'audit':
      return rowOrGone('audit', String(write.n), write.entry);
    case 'audit-head':
      return row('audit-head', 'chain', write.head);
    case 'aside':
      return { room: asideRoom, key: `${write.row.room}/${write.row.key}`, value: write.row.value };
    default:
      throw write satisfies never;
  }
}

type Decode = (key: string, value: never, shared: SharedValues) => Write;

const decoders: Readonly<Record<Room, Decode>> = {
  device: (name, row: DeviceRow, shared) => ({ kind: 'device', name, record: unpackRow(row, shared, readTerms) }),
  marks: (name, marks: Extract<Write, { kind: 'marks' }>['marks']) => ({ kind: 'marks', name, marks }),
  owed: (_key, owed: Owed) => ({ kind: 'owed', owed, settled: false }),
  revision: (_key, revision: Extract<Write, { kind: 'revision' }>['revision']) => ({ kind: 'revision', revision }),
  source: (_key, source: Extract<Write, { kind: 'source' }>['source']) => ({ kind: 'source', source }),
  accepted: (_key, revision: string) => ({ kind: 'accepted', revision }),
  rollout: (fleet, rollout: Rollout) => ({ kind: 'rollout', fleet, rollout }),
  definition: (fleet, definition: FleetDefinition) => ({ kind: 'definition', fleet, definition }),
  finished: (fleet, rollouts: readonly FinishedRollout[]) => ({ kind: 'finished', fleet, rollouts }),
  forgotten: (_key, forgotten: Required<Counted>) => ({ kind: 'forgotten', forgotten }),
  refusal: (key, refusal: Refusal) => ({ kind: 'refusal', key, refusal }),
  'audit-head': (_key, head: AuditHead) => ({ kind: 'audit-head', head }),
  token: (name, token: KeptToken) => ({ kind: 'token', name, token }),
};

/**
 * What a row says, the one write that it is or those that it becomes; none of one that was set aside before. Throws on whatever
 * can't be read or believed. `shared` is of all rows that are read together.
 */
export function decodeRow({ room, key, value }: StateRow, shared = new SharedValues()): readonly Write[] {
  if (room === asideRoom) return [];
  if (!isRoom(room)) throw new TypeError('nobody knows what it is');
  const content: unknown = JSON.parse(value);
  if (room === 'device' && isWholeRow(content)) return splitRow(key, content);
  assertRow(room, key, content);
  return [decoders[room](key, content as never, shared)];
}

/** Moves a row that can't be read out of the way. */
export function setAside(row: StateRow): StateWrite[] {
  return [{ room: row.room, key: row.key }, encodeWrite({ kind: 'aside', row })];
}
