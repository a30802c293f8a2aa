/** What goes into a bundle, by what is offered and what was published, and when there is none. */
import test from 'ava';
import { type BundleWorld, makeBundle } from '../../../controller/bundles/make-bundle.ts';
import { type DeviceOffer, offersTo } from '../../../controller/engine/offers.ts';
import { isTakenFile, leaseDaysMax, placedFiles, takenFileName } from '../../../schemas/bundle-file.ts';
import type { BundleAnswer, BundleStatement, DeployedApplication, Way } from '../../../schemas/generated/types.ts';
import { isBundleStatement } from '../../../schemas/generated/validators/bundle.js';
import { isTakenMarks } from '../../../schemas/generated/validators/taken-marks.js';
import { sha256Hex } from '../../../schemas/sha256.ts';

const nowMs = Date.parse('2026-03-01T00:00:00Z');
const bytesOf = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const metadata = (meta: object): Uint8Array => bytesOf({ signed: { meta } });
const digest = (digit: string): string => digit.repeat(64);
const [gauge1, gauge2, patch, packed, keys] = ['a', 'b', 'c', 'd', 'e'].map(digest) as [
  string,
  string,
  string,
  string,
  string,
];

function index(version: string, sha256: string, ways: readonly Way[]): Uint8Array {
  return bytesOf({
    ...{ apiVersion: 'fleet/v1alpha1', kind: 'ReleaseIndex', name: 'gauge', version, sha256, length: 900 },
    ways: [{ method: 'whole', sha256, length: 900 }, ...ways],
  });
}

const published: Readonly<Record<string, Uint8Array>> = {
  'tuf/1.root.json': bytesOf({ root: 1 }),
  'tuf/2.root.json': bytesOf({ root: 2 }),
  'tuf/timestamp.json': metadata({ 'snapshot.json': { version: 7 } }),
  'tuf/7.snapshot.json': metadata({
    'targets.json': { version: 2 },
    'gauge.json': { version: 3 },
    'horn.json': { version: 1 },
  }),
  'tuf/2.targets.json': bytesOf({ signed: { targets: { 'deployment-keys.json': { hashes: { sha256: keys } } } } }),
  'tuf/3.gauge.json': bytesOf({ gauge: 3 }),
  'tuf/1.horn.json': bytesOf({ horn: 1 }),
  'releases/gauge/1.0.0.json': index('1.0.0', gauge1, []),
  'releases/gauge/2.0.0.json': index('2.0.0', gauge2, [
    { method: 'brotli', sha256: packed, length: 500 },
    { method: 'delta', sha256: patch, length: 50, base: gauge1 },
    { method: 'delta', sha256: digest('f'), length: 60, base: digest('9') },
  ]),
};
const blobs = new Map([...[gauge1, gauge2, patch, packed, keys, digest('f')]].map((one) => [`sha256/${one}`, 10]));

const gauge = (version: string, sha256: string) =>
  ({ name: 'gauge', version, sha256, length: 900 }) as DeployedApplication;
const offer = (device: string, change: Partial<DeviceOffer> = {}): DeviceOffer => ({
  ...{ device, runs: ['gauge/1.0.0'], isThere: false, marks: {}, isCarried: false },
  offer: { sequence: 2, envelope: `{"for":"${device}"}`, applications: [gauge('2.0.0', gauge2)] },
  ...change,
});
const nothingFor = (device: string): DeviceOffer => ({
  ...{ device, runs: [], isThere: false, marks: {}, isCarried: false },
});
const mark = { stream: '0123456789abcdef', segment: 3, index: 7, at: nowMs, dropped: 2 };
const marks = { 'gauge/readings': mark, 'fleet-agent/logbook': { ...mark, segment: 0 } };

interface Made {
  readonly answer: Awaited<ReturnType<typeof makeBundle>>;
  readonly statement: BundleStatement;
  readonly noted: unknown[];
}

async function made(devices: readonly DeviceOffer[], isMore = false, damaged = ''): Promise<Made> {
  const noted: unknown[] = [];
  let statement: unknown;
  const world: BundleWorld = {
    files: {
      read: async (path) => published[path],
      size: async (path) => published[path]?.length ?? blobs.get(path),
      list: async (folder) => Object.keys(published).filter((path) => path.startsWith(`${folder}/`)),
    },
    isRight: (file) => file !== damaged,
    nowMs: () => nowMs,
    offers: async () => ({ devices, isMore }),
    sign: (signed) => {
      statement = signed;
      return 'the lease';
    },
    expect: (...expected) => void noted.push(expected),
  };
  const answer = await makeBundle({ site: 'aurora', days: 30, who: 'ada' }, world);
  return { answer, statement: statement as BundleStatement, noted };
}

test('a bundle has what is offered now, metadata since the first root, and of modules what their devices can use', async (t) => {
  const { answer, statement, noted } = await made([
    offer('anna'),
    nothingFor('berta'),
    offer('clara', { isThere: true }),
  ]);
  t.true(isBundleStatement(statement));
  const envelope = sha256Hex(bytesOf({ for: 'anna' }));
  t.deepEqual(statement.deployments, [{ device: 'anna', sequence: 2, sha256: envelope }]);
  t.deepEqual(
    statement.files.map(({ name }) => name),
    [
      ...['tuf/1.root.json', 'tuf/2.root.json', 'tuf/timestamp.json', 'tuf/7.snapshot.json', 'tuf/2.targets.json'],
      ...['tuf/3.gauge.json', `sha256/${keys}`, `sha256/${envelope}`, 'releases/gauge/2.0.0.json'],
      ...[`sha256/${patch}`, `sha256/${packed}`],
    ],
  );
  const { texts, left } = answer as BundleAnswer;
  t.deepEqual(Object.keys(texts), ['tuf/timestamp.json', `sha256/${envelope}`, 'releases/gauge/2.0.0.json']);
  t.deepEqual(left, ['berta']);
  const { deployments } = statement;
  const lease = sha256Hex(new TextEncoder().encode('the lease'));
  t.deepEqual(noted, [[lease, { deployments, who: 'ada', notAfter: '2026-03-31T00:00:00.000Z' }]]);
  for (const { name, length, sha256 } of statement.files)
    if (published[name] !== undefined)
      t.deepEqual([length, sha256], [published[name].length, sha256Hex(published[name])]);
});

test('a device that runs a release that has no delta here gets it whole, and one that has the module nothing of it', async (t) => {
  const names = async (change: Partial<DeviceOffer>): Promise<string[]> =>
    (await made([offer('anna', change)])).statement.files.map(({ name }) => name).filter((name) => blobs.has(name));
  t.deepEqual(await names({ runs: [] }), [`sha256/${keys}`, `sha256/${packed}`]);
  t.deepEqual(await names({ runs: ['gauge/2.0.0'] }), [`sha256/${keys}`]);
});

test('what the shore has of their messages goes to devices along with the rest, and alone to one that only somebody with a stick reaches', async (t) => {
  const { answer, statement } = await made([
    offer('anna', { marks }),
    offer('berta', { isThere: true, runs: ['gauge/2.0.0'], marks, isCarried: true }),
    offer('clara', { isThere: true, marks }),
    offer('dora', { isThere: true, isCarried: true }),
  ]);
  t.deepEqual(
    statement.deployments.map(({ device }) => device),
    ['anna', 'berta'],
  );
  const { texts } = answer as BundleAnswer;
  const taken = JSON.parse(texts[takenFileName('berta')]!);
  t.true(isTakenMarks(taken));
  t.deepEqual(taken.channels, [
    { application: 'gauge', channel: 'readings', stream: mark.stream, segment: 3, index: 7 },
    { application: 'fleet-agent', channel: 'logbook', stream: mark.stream, segment: 0, index: 7 },
  ]);
  t.deepEqual(
    statement.files.map(({ name }) => name).filter((name) => isTakenFile(name)),
    ['anna', 'berta'].map(takenFileName),
  );
});

test('where nothing is offered, nothing is lacking, or too much is asked for, there is no bundle and nothing is noted', async (t) => {
  const cases = [
    ['NOTHING_OFFERED', /is offered nothing now/, await made([nothingFor('anna')])],
    ['NOTHING_OFFERED', /runs all that it is offered \(1 of 1/, await made([offer('anna', { isThere: true })])],
    ['BUNDLE_TOO_LARGE', /1000 devices at most; site aurora has more/, await made([offer('anna')], true)],
  ] as const;
  for (const [code, message, { answer, noted }] of cases) {
    t.like(answer, { code });
    t.regex((answer as { message: string }).message, message);
    t.deepEqual(noted, []);
  }
  await t.throwsAsync(made([offer('anna')], false, 'tuf/7.snapshot.json'), { code: 'ARTIFACT_DAMAGED' });
});

test('what a wave, a hold or a halt keeps from a device is not offered by hand either', async (t) => {
  const payload = Buffer.from(JSON.stringify({ applications: [] })).toString('base64');
  const envelope = JSON.stringify({ payload });
  const issued = { sequence: 2 };
  const records: Readonly<Record<string, object>> = {
    offered: {
      issued,
      shadow: { desiredAt: 1 },
      gist: { phase: 'fetching', running: { sequence: 1 } },
      runs: 'gauge/1.0.0 ',
    },
    there: {
      issued,
      shadow: { desiredAt: 1 },
      carried: { at: 1, by: 'ada' },
      gist: { phase: 'active', running: { sequence: 2 } },
    },
    withheld: { issued, shadow: { withheldAt: 1 } },
    unknown: { shadow: {} },
  };
  const sight = {
    marks: () => marks,
    device: (name: string) => records[name],
    documents: { bring: async () => {}, get: () => envelope },
  } as unknown as Parameters<typeof offersTo>[0];
  const offers = await offersTo(sight, Object.keys(records));
  t.deepEqual(
    offers.map(({ device, offer: one, isThere, runs, isCarried }) => [device, one?.sequence, isThere, runs, isCarried]),
    [
      ['offered', 2, false, ['gauge/1.0.0'], false],
      ['there', 2, true, [], true],
      ['withheld', undefined, false, [], false],
      ['unknown', undefined, false, [], false],
    ],
  );
  t.is(offers[0]!.marks, marks);
});

test('files stand one behind the other, and no bundle may be installed for longer than three months', (t) => {
  const files = [3, 0, 5].map((length, place) => ({ name: `tuf/${place}.json`, length, sha256: digest('0') }));
  const { placed, end } = placedFiles({ files } as unknown as BundleStatement, 100);
  t.deepEqual([...placed.map(({ at }) => at - placed[0]!.at), end - placed[0]!.at], [0, 3, 3, 8]);
  t.is(leaseDaysMax, 90);
});
