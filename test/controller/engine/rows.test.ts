import test from 'ava';
import { described } from '../../../controller/engine/context.ts';
import { gistOf } from '../../../controller/engine/device-shadow.ts';
import { Image } from '../../../controller/engine/image.ts';
import type { DocumentRoom, DocumentWrite, Write } from '../../../controller/engine/records.ts';
import { orderOf } from '../../../controller/engine/report-order.ts';
import { decodeDocument, decodeRow, encodeWrite } from '../../../controller/engine/rows.ts';
import type { FleetDefinition } from '../../../controller/manifests/definition.ts';
import { removedDeviceStatus } from '../../../controller/planning/device-status.ts';
import type { Rollout } from '../../../controller/planning/rollout/rollout.ts';
import { emptyTally } from '../../../controller/planning/tally.ts';
import { isReadOnDemand, type StateRow } from '../../../controller/state/state-port.ts';
import { isStatusDocument } from '../../../schemas/generated/validators/status.js';
import { fleetOf, revision as id, noRollouts, reportOf } from './test-engine.ts';

const now = Date.parse('2026-03-01T00:00:00Z');
const at = new Date(now).toISOString();
const event = { at, code: 'X', message: 'y' };
const revision = { id, subject: 's', author: 'a', committedAt: at };
const problem = { file: 'f.yaml', line: 1, column: 1, code: 'X', message: 'y', excerpt: 'z' };
const owed = { kind: 'issue', subject: 'bench', since: now, attempts: 1, dueAt: now, failure: 'x' } as const;
const refusal = { at, device: 'bench', keyFingerprint: 'k', address: '::1', code: 'X', message: 'y' };

const rollout: Rollout = {
  ...{ fleet: 'ships', number: 2, target: 'a'.repeat(64), good: 'b'.repeat(64), revision: id, subject: 's' },
  ...{ startedAt: now, state: 'running', wave: 1, waveStartedAt: now, gatePassedAt: now, approved: ['canary'] },
  reason: { code: 'X', message: 'y' },
  acts: [{ at: now, who: 'Ada', act: 'approve', why: 'seen' }],
  events: [{ at: now, code: 'X', message: 'y' }],
};
const definition: FleetDefinition = {
  ...{ fleet: 'ships', probationSeconds: 30, hash: 'b'.repeat(64) },
  applications: [
    {
      ...{ name: 'pump', version: '1.0.0', sha256: 'c'.repeat(64), length: 5, terms: {}, config: {} },
      links: { lib: { name: 'lib', version: '1.0.0', sha256: 'c'.repeat(64), length: 5 } },
    },
  ],
};

const application = { name: 'pump', version: '1.0.0', state: 'failed', since: at, restarts: 1 } as const;
const report = {
  ...reportOf(1, { applications: [application], problem: { code: 'X', message: 'y', at, sequence: 1 } }),
  ...{ running: { sequence: 1, revision: id }, target: { sequence: 2, revision: id } },
};

/** A row of every room, with every member that there may be. */
const writes: readonly Write[] = [
  {
    kind: 'device',
    name: 'bench',
    record: {
      issued: {
        ...{ sequence: 1, revision: id, issuedAt: now, templateHash: 'h', signedBy: 'k', definition: definition.hash },
        applications: [{ name: 'pump', version: '1.0.0', links: ['lib/1'] }],
      },
      blob: { sha256: 'd'.repeat(64), length: 5_000 },
      shadow: { version: 3, deleted: true, desiredAt: 5, reportedBytes: 6, repeatsDesired: true },
      gist: gistOf(report),
      runs: 'pump/1.0.0 ',
      heard: { key: 'k', boots: [{ id: 'ab', counter: 1 }], strays: { counter: 1, count: 1 } },
      ...{ contactAt: now, certificateEndsAt: now, untoldSince: now, contradictions: { count: 1, at: now } },
      dropped: { code: 'X', message: 'y', since: now },
      takeovers: { count: 3, since: now, at: now, addresses: ['::1'] },
    },
  },
  { kind: 'document', room: 'envelope', name: 'bench', value: 'e' },
  {
    kind: 'document',
    room: 'reported',
    name: 'bench',
    value: { state: report as never, at: { at: { timestamp: 5 } } },
  },
  { kind: 'document', room: 'history', name: 'bench', value: [event] },
  { kind: 'marks', name: 'bench', marks: { 'a/b': { stream: '0'.repeat(16), segment: 1, index: 2, at: now } } },
  { kind: 'owed', owed, settled: false },
  { kind: 'revision', revision },
  {
    kind: 'source',
    source: {
      ...{ state: 'refused', location: 'l', branch: 'main', revision, tip: revision, checkedAt: at, since: at },
      ...{ message: 'm', problems: [problem], notes: [problem] },
    },
  },
  { kind: 'accepted', revision: id },
  { kind: 'refusal', key: 'any', refusal },
  {
    ...{ kind: 'token', name: 'ada' },
    token: {
      ...{ name: 'ada', sha256: 'ab'.repeat(32), scope: 'view', fleets: ['ships'], sites: ['bergen'], madeBy: 'bob' },
      ...{ madeAt: now, expiresAt: now, revoked: { at: now, by: 'bob' }, usedOn: '2026-03-01' },
    },
  },
  { kind: 'audit-head', head: { first: 1, last: 2, digest: 'ab'.repeat(32) } },
  { kind: 'rollout', fleet: 'ships', rollout },
  { kind: 'definition', fleet: 'ships', definition },
  { kind: 'forgotten', forgotten: { number: 7, retries: 3 } },
  { kind: 'finished', fleet: 'ships', rollouts: [{ ...rollout, finishedAt: now, outcome: 'superseded' }] },
];

const rows = writes.map((write) => encodeWrite(write) as StateRow);

function read(row: StateRow): readonly Write[] {
  if (!isReadOnDemand(row)) return decodeRow(row);
  const room = row.room as DocumentRoom;
  return [{ kind: 'document', room, name: row.key, value: decodeDocument(room, row.value) } as DocumentWrite];
}

/** What may stand where something else is expected; undefined: nothing. */
const junk = [
  undefined,
  null,
  true,
  -1,
  0.5,
  1e300,
  -1e300,
  '',
  'x',
  '9999-99-99T99:99:99Z',
  [],
  [null],
  {},
  { a: null },
];

type Path = readonly string[];

function* pathsIn(value: unknown, path: Path = []): Generator<Path> {
  yield path;
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) yield* pathsIn(inner, [...path, name]);
}

function replaced(value: unknown, [name, ...rest]: Path, by: unknown): unknown {
  if (name === undefined) return by;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[name] = replaced(copy[name], rest, by);
  return copy;
}

/** Reads a row and everything that is made of it. */
function use(row: StateRow): void {
  const image = new Image({ read: async () => [] });
  const none = { kind: 'document', name: 'bench', value: undefined } as const;
  for (const write of [{ ...none, room: 'reported' } as const, { ...none, room: 'history' } as const, ...read(row)]) {
    image.apply(write);
  }
  const context = {
    desired: fleetOf([]),
    revision: id,
    isBranchSeen: true,
    rollouts: noRollouts,
    keyId: 'k',
    links: undefined,
    heard: new Map(),
    now,
  };
  const { source, refusals } = image;
  const document = {
    ...{
      apiVersion: 'fleet/v1alpha1',
      kind: 'Status',
      asOf: at,
      tally: emptyTally,
      state: 'converged',
      fleets: [],
      sites: [],
    },
    source: source ?? { state: 'empty', location: 'l', branch: 'main', problems: [] },
    devices: [removedDeviceStatus('bench', described(image, context, 'bench', true), now)],
    refusals: [...refusals.values()],
  };
  if (!isStatusDocument(document)) throw new Error(`not shown: ${JSON.stringify(isStatusDocument.errors)}`);
  orderOf(image.device('bench').heard, 'k', reportOf(2));
}

test('a row of any room in which anything at all is something else is set aside, or does no harm', (t) => {
  for (const row of rows) {
    t.notThrows(() => use(row), row.room);
    const value = JSON.parse(row.value);
    for (const path of pathsIn(value)) {
      for (const other of junk) {
        const changed = { ...row, value: JSON.stringify(replaced(value, path, other)) ?? '' };
        try {
          read(changed);
        } catch {
          continue;
        }
        t.notThrows(() => use(changed), `${row.room} ${path.join('.')} = ${JSON.stringify(other)}`);
      }
    }
  }
});

test('a row in which anything that devices were issued alike is something else is set aside, or does no harm', (t) => {
  const row = rows[0]!;
  const value = JSON.parse(row.value);
  const terms = JSON.parse(value.issued.terms);
  for (const path of pathsIn(terms)) {
    for (const other of junk) {
      const changed = JSON.stringify(replaced(terms, path, other)) ?? '';
      const damaged = { ...row, value: JSON.stringify(replaced(value, ['issued', 'terms'], changed)) };
      try {
        decodeRow(damaged);
      } catch {
        continue;
      }
      t.notThrows(() => use(damaged), `${path.join('.')} = ${JSON.stringify(other)}`);
    }
  }
});

test('a row under a key that is not its own is set aside', (t) => {
  for (const row of rows) {
    if (isReadOnDemand(row)) continue;
    const isBound = ['device', 'marks', 'owed', 'rollout', 'definition', 'finished', 'token'].includes(row.room);
    const decode = () => decodeRow({ ...row, key: 'issue of\u001b[31m' });
    if (isBound) t.throws(decode, { instanceOf: TypeError }, row.room);
    else t.notThrows(decode, row.room);
  }
});
