/**
 * What rows of the state must look like to be believed. A row may have been damaged, or written by hand or by another version; what
 * passes here ends nobody who reads it later. Members that are not known here are left alone.
 */
import type { AuditHead } from '../../schemas/audit-chain.ts';
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
import type { KeptToken } from '../access/token.ts';
import type { FleetDefinition } from '../manifests/definition.ts';
import type { CarriedReport, DroppedReport, Takeovers } from '../planning/observed.ts';
import type { Rollout } from '../planning/rollout/rollout.ts';
import type { PackedSection } from '../shadow/packed-shadow.ts';
import type { DeviceRow, IssueTerms } from './device-rows.ts';
import {
  type ChannelMark,
  type DeviceRecord,
  type DocumentRoom,
  type EnvelopeBlob,
  type KeptAnswer,
  type KeptRequest,
  type Owed,
  owedKey,
  type ShadowMark,
} from './records.ts';
import type { Heard } from './report-order.ts';
import { definition, finishedRollouts, forgotten, rollout } from './rollout-shapes.ts';
import {
  type Check,
  code,
  commit,
  count,
  digest,
  flag,
  listOf,
  mapOf,
  matching,
  name,
  oneOf,
  optional,
  sequence,
  shape,
  text,
  time,
  version,
  when,
  writtenTime,
} from './row-checks.ts';

const issueTerms = shape<IssueTerms>({
  revision: commit,
  templateHash: text,
  applications: listOf(shape<ApplicationReference>({ name, version, links: optional(listOf(text)) })),
  signedBy: optional(text),
  fleet: optional(name),
  definition: optional(digest),
  work: optional(text),
  goesOn: optional(flag),
  mayGoWhole: optional(flag),
  retries: optional(count),
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
    blob: optional(shape<EnvelopeBlob>({ sha256: digest, length: count })),
    shadow: shape<ShadowMark>({
      version: count,
      deleted: optional(flag),
      desiredAt: optional(count),
      withheldAt: optional(time),
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
    carried: optional(shape<CarriedReport>({ at: time, by: text })),
    takeovers: optional(shape<Takeovers>({ count, since: time, at: time, addresses: listOf(text) })),
    request: optional(
      shape<KeptRequest>({
        id: text,
        ask: oneOf({ logs: true, diagnosis: true }, 'anything a device is asked for'),
        application: optional(name),
        since: optional(time),
        by: text,
        why: optional(text),
        at: time,
        expiresAt: time,
        envelope: text,
        sequence,
        end: optional(oneOf({ answered: true, withdrawn: true }, 'an end')),
      }),
    ),
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
  rollout,
  definition,
  finished: finishedRollouts,
  forgotten,
  'audit-head': shape<AuditHead>({ first: count, last: count, digest }),
  token: shape<KeptToken>({
    name,
    sha256: digest,
    scope: oneOf({ view: true, operate: true, admin: true }, 'a scope'),
    fleets: optional(listOf(name)),
    sites: optional(listOf(name)),
    madeBy: text,
    madeAt: time,
    expiresAt: optional(time),
    revoked: optional(shape<NonNullable<KeptToken['revoked']>>({ at: time, by: text })),
    usedOn: optional(matching(/^\d{4}-\d\d-\d\d$/, 'a day')),
  }),
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
  answer: shape<KeptAnswer>({ id: text, text, isCut: optional(flag), lack: optional(text), at: time }),
};

/** Rooms whose keys are names of devices or fleets. */
const namedRooms: ReadonlySet<Room> = new Set(['device', 'marks', 'rollout', 'definition', 'finished', 'token']);

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
  const ofKey = namedRooms.has(room) ? name(key) : undefined;
  if (ofKey !== undefined) throw new TypeError(`its key${ofKey}`);
  assert(rooms[room], value);
  if ((room === 'rollout' || room === 'definition') && (value as Rollout | FleetDefinition).fleet !== key)
    throw new TypeError('it is of another fleet than its key');
  if (room === 'token' && (value as KeptToken).name !== key) throw new TypeError('it is of another name than its key');
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
