/**
 * What rows of the state must look like to be believed. A row may have been damaged, or written by hand or by another version; what
 * passes here ends nobody who reads it later. Members that are not known here are left alone.
 */
import type {
  ApplicationReference,
  DeviceEvent,
  Problem,
  Refusal,
  RevisionStatus,
  SourceStatus,
} from '../../schemas/generated/types.ts';
import { isReport } from '../../schemas/generated/validators/report.js';
import { isObject } from '../../schemas/json-object.ts';
import type { DroppedReport, Takeovers } from '../planning/observed.ts';
import type { PackedSection } from '../shadow/packed-shadow.ts';
import type { DeviceRow, IssueTerms } from './device-rows.ts';
import {
  type ChannelMark,
  type DeviceRecord,
  type DocumentRoom,
  type EnvelopeBlob,
  type Owed,
  owedKey,
  type ShadowMark,
} from './records.ts';
import type { Heard } from './report-order.ts';

/** What is wrong with a value, as a sentence without its subject: ` is not a time`, `.since is not a time`; undefined when nothing is. */
type Check = (value: unknown) => string | undefined;

/** A check for every member there may be. */
type Members<T> = { readonly [K in keyof Required<T>]: Check };

function when(isRight: (value: unknown) => boolean, expected: string): Check {
  const fault = ` is not ${expected}`;
  return (value) => (isRight(value) ? undefined : fault);
}

function matching(pattern: RegExp, expected: string): Check {
  return when((value) => typeof value === 'string' && pattern.test(value), expected);
}

function optional(check: Check): Check {
  return (value) => (value === undefined ? undefined : check(value));
}

function listOf(check: Check): Check {
  return (value) => {
    if (!Array.isArray(value)) return ' is not a list';
    for (const [at, item] of value.entries()) {
      const fault = check(item);
      if (fault !== undefined) return `[${at}]${fault}`;
    }
    return undefined;
  };
}

function mapOf(check: Check): Check {
  return (value) => {
    if (!isObject(value)) return ' is not an object';
    for (const [name, item] of Object.entries(value)) {
      const fault = check(item);
      if (fault !== undefined) return `.${name}${fault}`;
    }
    return undefined;
  };
}

function shape<T>(members: Members<T>): Check {
  const checks = Object.entries<Check>(members);
  return (value) => {
    if (!isObject(value)) return ' is not an object';
    for (const [name, check] of checks) {
      const fault = check(value[name]);
      if (fault !== undefined) return `.${name}${fault}`;
    }
    return undefined;
  };
}

const text = when((value) => typeof value === 'string', 'a text');
const flag = when((value) => typeof value === 'boolean', 'true or false');
const count = when((value) => Number.isSafeInteger(value) && Number(value) >= 0, 'a count');
const sequence = when((value) => Number.isSafeInteger(value) && Number(value) >= 1, 'a sequence number');

/** The latest moment that can be written down, in milliseconds since the epoch. */
const timeMax = 8.64e15;
const time = when((value) => typeof value === 'number' && value >= 0 && value <= timeMax, 'a time');
const writtenTime = when(
  (value) => typeof value === 'string' && /^\d{4}-.*Z$/.test(value) && !Number.isNaN(Date.parse(value)),
  'a time in UTC',
);

const name = matching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'a name');
const version = matching(/^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$/, 'a version');
const code = matching(/^[A-Z][A-Z0-9_]{0,63}$/, 'a code');
const commit = matching(/^[0-9a-f]{40}$/, 'the id of a commit');

const issueTerms = shape<IssueTerms>({
  revision: commit,
  templateHash: text,
  applications: listOf(shape<ApplicationReference>({ name, version, links: optional(listOf(text)) })),
  signedBy: optional(text),
});

const boot = shape<Heard['boots'][number]>({ id: text, counter: count });

const heard = shape<Heard>({
  key: text,
  boots: listOf(boot),
  strays: optional(shape<NonNullable<Heard['strays']>>({ counter: count, count })),
});

const packedTime = when(
  (value) => isObject(value) || (Number.isSafeInteger(value) && Number(value) >= 0),
  'a time, or a tree of times',
);
/** A gist is as a report is, with what no decision looks at. */
const gist = when(
  (value) => isObject(value) && isReport({ ...value, at: value.since, counter: 0, agentVersion: '' }),
  'of a report',
);

const event = shape<DeviceEvent>({
  ...{ at: writtenTime, code, message: text },
  ...{ deviceAt: optional(writtenTime), boot: optional(count), upSeconds: optional(count) },
});
const revision = shape<RevisionStatus>({ id: commit, subject: text, author: text, committedAt: writtenTime });
const problem = shape<Problem>({
  file: text,
  line: optional(count),
  column: optional(count),
  code,
  message: text,
  excerpt: optional(text),
});
const sourceStates: ReadonlySet<unknown> = new Set<SourceStatus['state']>([
  'current',
  'refused',
  'pending',
  'unreachable',
  'empty',
]);

const mark = shape<ChannelMark>({
  stream: matching(/^[0-9a-f]{16}$/, 'a stream'),
  segment: count,
  index: when(Number.isSafeInteger, 'an index'),
  at: time,
  dropped: optional(count),
});

/** A check for each room of the state. */
const rooms = {
  device: shape<DeviceRow>({
    issued: optional(shape<NonNullable<DeviceRow['issued']>>({ sequence, issuedAt: time, terms: text })),
    blob: optional(shape<EnvelopeBlob>({ sha256: matching(/^[0-9a-f]{64}$/, 'a digest'), length: count })),
    shadow: shape<ShadowMark>({
      version: count,
      deleted: optional(flag),
      desiredAt: optional(count),
      reportedBytes: optional(count),
      repeatsDesired: optional(flag),
    }),
    gist: optional(gist),
    runs: optional(text),
    heard: optional(heard),
    contactAt: optional(time),
    silences: optional(matching(/^[0-9A-Za-z]{1,36}$/, 'a history of silences')),
    isGone: optional(flag),
    certificateEndsAt: optional(time),
    untoldSince: optional(time),
    dropped: optional(shape<DroppedReport>({ code, message: text, since: time })),
    takeovers: optional(shape<Takeovers>({ count, since: time, at: time, addresses: listOf(text) })),
    contradictions: optional(shape<NonNullable<DeviceRecord['contradictions']>>({ count, at: time })),
  }),
  marks: mapOf(mark),
  owed: shape<Owed>({
    kind: when((value) => value === 'issue' || value === 'deliver', 'anything that could be owed'),
    subject: name,
    since: time,
    attempts: count,
    dueAt: time,
    failure: optional(text),
  }),
  revision,
  source: shape<SourceStatus>({
    state: when((value) => sourceStates.has(value), 'a state'),
    location: text,
    branch: text,
    revision: optional(revision),
    tip: optional(revision),
    checkedAt: optional(writtenTime),
    since: optional(writtenTime),
    message: optional(text),
    problems: listOf(problem),
    notes: optional(listOf(problem)),
  }),
  accepted: commit,
  refusal: shape<Refusal>({
    at: writtenTime,
    device: optional(text),
    keyFingerprint: optional(text),
    address: optional(text),
    code,
    message: text,
  }),
} as const;

/** A check for each kind of document. */
const documents: Readonly<Record<DocumentRoom, Check>> = {
  envelope: text,
  reported: shape<PackedSection>({ state: when(isReport, 'a report'), at: packedTime }),
  history: listOf(event),
};

/** Rooms with a row for each device, by its name. */
const deviceRooms: ReadonlySet<Room> = new Set(['device', 'marks']);

/** A room of the state. */
export type Room = keyof typeof rooms;

/** Whether there is such a room. */
export function isRoom(room: string): room is Room {
  return Object.hasOwn(rooms, room);
}

function assert(check: Check, value: unknown): void {
  const fault = check(value);
  if (fault !== undefined) throw new TypeError(`it${fault}`);
}

/** Throws when a row of this room, as it was parsed, can't be believed; says what of it. */
export function assertRow(room: Room, key: string, value: unknown): void {
  const ofKey = deviceRooms.has(room) ? name(key) : undefined;
  if (ofKey !== undefined) throw new TypeError(`its key${ofKey}`);
  assert(rooms[room], value);
  if (room === 'owed' && owedKey(value as Owed) !== key) throw new TypeError('it is of another subject than its key');
}

/** As `assertRow`, of what is read when it is asked for. */
export function assertDocument(room: DocumentRoom, value: unknown): void {
  assert(documents[room], value);
}

/** What devices were issued alike, by its text in their rows. Throws when it can't be believed. */
export function readTerms(text: string): IssueTerms {
  const terms: unknown = JSON.parse(text);
  assert(issueTerms, terms);
  return terms as IssueTerms;
}
