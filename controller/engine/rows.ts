/** Rows of the state from what the engine remembers, and back. */
import type { Refusal } from '../../schemas/generated/types.ts';
import { isReport } from '../../schemas/generated/validators.js';
import type { StateRow, StateWrite } from '../state/state-port.ts';
import {
  type ChannelMark,
  type DeviceRecord,
  type DocumentRoom,
  type Documents,
  type Owed,
  owedKey,
  type Write,
} from './records.ts';
import { isWholeRow, splitRow } from './whole-rows.ts';

function isRecord(value: DeviceRecord): boolean {
  if (typeof value !== 'object' || value === null || !Number.isSafeInteger(value.shadow?.version)) return false;
  const { issued, gist } = value;
  if (gist !== undefined && !(Number.isSafeInteger(gist.highestSequence) && Array.isArray(gist.applications))) {
    return false;
  }
  if (issued === undefined) return true;
  const { sequence, revision, issuedAt, templateHash, applications } = issued;
  return (
    Number.isSafeInteger(sequence) &&
    Number.isFinite(issuedAt) &&
    typeof revision === 'string' &&
    typeof templateHash === 'string' &&
    Array.isArray(applications)
  );
}

const decoders: { readonly [R in DocumentRoom]: (value: Documents[R]) => boolean } = {
  envelope: (envelope) => typeof envelope === 'string',
  reported: (reported) => isReport(reported?.state),
  history: Array.isArray,
};

/** What a document says. Throws on whatever can't be read. */
export function decodeDocument<R extends DocumentRoom>(room: R, text: string): Documents[R] {
  const value = JSON.parse(text) as Documents[R];
  if (!decoders[room](value)) throw new TypeError(`it is no ${room}`);
  return value;
}

/** Rows that could not be read, as they were. */
const asideRoom = 'aside';

function row(room: string, key: string, value: unknown): StateWrite {
  return { room, key, value: JSON.stringify(value) };
}

/** What makes a write durable. */
export function encodeWrite(write: Write): StateWrite {
  switch (write.kind) {
    case 'device':
      return row('device', write.name, write.record);
    case 'document':
      if (write.value === undefined) return { room: write.room, key: write.name };
      return row(write.room, write.name, write.value);
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
    case 'refusal':
      if (write.refusal === undefined) return { room: 'refusal', key: write.key };
      return row('refusal', write.key, write.refusal);
    case 'aside':
      return { room: asideRoom, key: `${write.row.room}/${write.row.key}`, value: write.row.value };
    default:
      throw write satisfies never;
  }
}

function isMark(value: unknown): value is ChannelMark {
  if (typeof value !== 'object' || value === null) return false;
  const { stream, segment, index, at } = value as Partial<ChannelMark>;
  return typeof stream === 'string' && [segment, index, at].every(Number.isSafeInteger);
}

type Decode = (key: string, value: never) => Write;

const rowDecoders: Readonly<Record<string, Decode>> = {
  device(name, record: DeviceRecord) {
    if (!isRecord(record)) throw new TypeError('it is not whole');
    return { kind: 'device', name, record };
  },
  marks(name, marks: Extract<Write, { kind: 'marks' }>['marks']) {
    if (!Object.values(marks).every(isMark)) throw new TypeError('one of them is no mark');
    return { kind: 'marks', name, marks };
  },
  owed(_key, owed: Owed) {
    if (owed.kind !== 'issue' && owed.kind !== 'deliver') throw new TypeError(`nobody knows what ${owed.kind} is`);
    return { kind: 'owed', owed, settled: false };
  },
  revision(_key, revision: Extract<Write, { kind: 'revision' }>['revision']) {
    if (typeof revision.id !== 'string') throw new TypeError('it names no commit');
    return { kind: 'revision', revision };
  },
  source(_key, source: Extract<Write, { kind: 'source' }>['source']) {
    if (typeof source.state !== 'string' || !Array.isArray(source.problems)) throw new TypeError('it is not whole');
    return { kind: 'source', source };
  },
  accepted(_key, revision: string) {
    if (typeof revision !== 'string') throw new TypeError('it names no commit');
    return { kind: 'accepted', revision };
  },
  refusal(key, refusal: Refusal) {
    if (
      typeof refusal.code !== 'string' ||
      typeof refusal.message !== 'string' ||
      Number.isNaN(Date.parse(refusal.at))
    ) {
      throw new TypeError('it is not whole');
    }
    return { kind: 'refusal', key, refusal };
  },
};

/**
 * What a row says, the one write that it is or those that it becomes; none of one that was set aside before. Throws on whatever
 * can't be read.
 */
export function decodeRow({ room, key, value }: StateRow): readonly Write[] {
  if (room === asideRoom) return [];
  const decode = Object.hasOwn(rowDecoders, room) ? rowDecoders[room] : undefined;
  if (decode === undefined) throw new TypeError('nobody knows what it is');
  const said: unknown = JSON.parse(value);
  if (room === 'device' && isWholeRow(said)) return splitRow(key, said);
  return [decode(key, said as never)];
}

/** Moves a row that can't be read out of the way. */
export function setAside(row: StateRow): StateWrite[] {
  return [{ room: row.room, key: row.key }, encodeWrite({ kind: 'aside', row })];
}
