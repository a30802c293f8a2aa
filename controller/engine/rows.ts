/** Rows of the state from what the engine remembers, and back. What a row repeats is left out of it. */
import type { Refusal, Report } from '../../schemas/generated/types.ts';
import { isReport } from '../../schemas/generated/validators.js';
import type { JsonObject } from '../shadow/document.ts';
import { noShadow, type PackedSection, type PackedShadow } from '../shadow/packed-shadow.ts';
import type { StateRow, StateWrite } from '../state/state-port.ts';
import { desiredShadow, isHandedOver } from './issue.ts';
import { type DeviceRecord, type Owed, owedKey, type Write } from './records.ts';
import { assertRow, isRoom, type Room } from './row-shapes.ts';

/** The row of a device: the desired half of its shadow is left out where it follows from the envelope. */
interface DeviceRow extends Omit<DeviceRecord, 'shadow'> {
  readonly shadow?: Omit<PackedShadow, 'desired'> & { readonly desired?: PackedSection | PackedSection['at'] };
}

function encodeDevice(record: DeviceRecord): DeviceRow {
  const { shadow, ...rest } = record;
  if (shadow === noShadow) return rest;
  const { desired } = shadow;
  if (desired === undefined || rest.envelope === undefined || !isHandedOver(record)) return { ...rest, shadow };
  return { ...rest, shadow: { ...shadow, desired: desired.at } };
}

function isSection(value: unknown): value is PackedSection {
  return typeof value === 'object' && value !== null && 'state' in value && 'at' in value;
}

function decodeShadow(record: Omit<DeviceRecord, 'shadow'>, shadow: DeviceRow['shadow']): PackedShadow {
  if (shadow === undefined) return noShadow;
  const { desired, ...rest } = shadow;
  if (rest.reported !== undefined && !isReport(rest.reported.state)) throw new TypeError('its report is not one');
  if (desired === undefined || isSection(desired)) return { ...rest, ...(desired === undefined ? {} : { desired }) };
  const follows = desiredShadow(record);
  if (follows === undefined) throw new TypeError('its shadow follows from an envelope that is not there');
  return { ...rest, desired: { state: follows as unknown as JsonObject, at: desired } };
}

function decodeDevice({ shadow, ...record }: DeviceRow): DeviceRecord {
  if ((record.issued === undefined) !== (record.envelope === undefined)) {
    throw new TypeError('of what it was issued and its envelope one is not there');
  }
  return { ...record, shadow: decodeShadow(record, shadow) };
}

/** Rows of the first release keep as null what is not there. */
function withoutNulls<T extends object>(record: T): T {
  if (!Object.values(record).includes(null)) return record;
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null)) as T;
}

/** The report of a record, which is what its shadow has as reported. */
export function reportOf({ shadow }: DeviceRecord): Report | undefined {
  return shadow.reported?.state as unknown as Report | undefined;
}

function row(room: string, key: string, value: unknown): StateWrite {
  return { room, key, value: JSON.stringify(value) };
}

/** What makes a write durable. */
export function encodeWrite(write: Write): StateWrite {
  switch (write.kind) {
    case 'device':
      return row('device', write.name, encodeDevice(write.record));
    case 'history':
      if (write.events.length === 0) return { room: 'history', key: write.name };
      return row('history', write.name, write.events);
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
    default:
      throw write satisfies never;
  }
}

type Decode = (key: string, value: never) => Write;

const decoders: Readonly<Record<Room, Decode>> = {
  device: (name, row: DeviceRow) => ({ kind: 'device', name, record: decodeDevice(row) }),
  history: (name, events: Extract<Write, { kind: 'history' }>['events']) => ({ kind: 'history', name, events }),
  marks: (name, marks: Extract<Write, { kind: 'marks' }>['marks']) => ({ kind: 'marks', name, marks }),
  owed: (_key, owed: Owed) => ({ kind: 'owed', owed, settled: false }),
  revision: (_key, revision: Extract<Write, { kind: 'revision' }>['revision']) => ({ kind: 'revision', revision }),
  source: (_key, source: Extract<Write, { kind: 'source' }>['source']) => ({ kind: 'source', source }),
  accepted: (_key, revision: string) => ({ kind: 'accepted', revision }),
  refusal: (key, refusal: Refusal) => ({ kind: 'refusal', key, refusal }),
};

/** Rows that could not be read, as they were. */
const asideRoom = 'aside';

/** What a row says; undefined for one that was set aside before. Throws on whatever can't be read or believed. */
export function decodeRow({ room, key, value }: StateRow): Write | undefined {
  if (room === asideRoom) return undefined;
  if (!isRoom(room)) throw new TypeError('nobody knows what it is');
  const content: object = withoutNulls(JSON.parse(value));
  assertRow(room, key, content);
  return decoders[room](key, content as never);
}

/** Moves a row that can't be read out of the way. */
export function setAside({ room, key, value }: StateRow): StateWrite[] {
  return [
    { room, key },
    { room: asideRoom, key: `${room}/${key}`, value },
  ];
}
