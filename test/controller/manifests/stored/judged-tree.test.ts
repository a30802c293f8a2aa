import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { applyChanges } from '../../../../controller/manifests/apply-changes.ts';
import { emptyTree, type FleetTree } from '../../../../controller/manifests/fleet-tree.ts';
import { desiredOf, emptyManifestState, type ManifestState } from '../../../../controller/manifests/manifest-state.ts';
import { countUnder, namesUnder } from '../../../../controller/manifests/name-index.ts';
import { runAtOnce } from '../../../../controller/manifests/steps.ts';
import { judgeVersion, openJudgedTree, writeJudgedTree } from '../../../../controller/manifests/stored/judged-tree.ts';
import { compareRevisions } from '../../../../controller/planning/compare.ts';
import {
  application,
  catalogue,
  changesOf,
  device,
  type Files,
  fleet,
  harbor,
  problemsOf,
  site,
  stateOf,
  warningsOf,
} from '../fleet-fixture.ts';
import { changesBetween, commit, edited, plain, start } from '../random-commits.ts';

const id = 'a'.repeat(40);

function bytesOf(state: ManifestState, tree: FleetTree = emptyTree): Buffer {
  const pieces: Uint8Array[] = [];
  runAtOnce(writeJudgedTree({ id, tree, state }, (piece) => pieces.push(piece)));
  return Buffer.concat(pieces);
}

function open(bytes: Buffer) {
  return runAtOnce(openJudgedTree(bytes));
}

function planOf(base: ManifestState, next: ManifestState, affected: ReadonlySet<string>) {
  return compareRevisions({
    ...{ base: desiredOf(base), next: desiredOf(next), affected, releases: catalogue, observe: () => undefined },
    now: 0,
    membersOf: (name) => countUnder(next.members, name),
    namesIn: (name) => namesUnder(next.members, name),
  });
}

test('whatever comes after a state, it comes to the same over the state that was written and opened again', (t) => {
  const seen = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(fc.array(commit, { minLength: 1, maxLength: 4 }), (commits) => {
      let files = start;
      let good = start;
      let state = stateOf(start);
      for (const edits of commits) {
        files = edited(files, edits);
        const changes = changesBetween(good, files);
        const stored = open(bytesOf(state))!.state;
        const [eager, lazy] = [applyChanges(state, changes, catalogue), applyChanges(stored, changes, catalogue)];
        seen[eager.kind] += 1;
        t.deepEqual(lazy.warnings, eager.warnings);
        if (eager.kind === 'refused' || lazy.kind === 'refused') {
          t.deepEqual(lazy, eager);
          continue;
        }
        t.deepEqual(lazy.affected, eager.affected);
        t.deepEqual(plain(lazy.state), plain(eager.state));
        t.deepEqual(planOf(stored, lazy.state, lazy.affected), planOf(state, eager.state, eager.affected));
        // What was opened goes on, so that a state over a state over bytes is seen too.
        [state, good] = [lazy.state, files];
      }
    }),
    { numRuns: 60 },
  );
  t.true(seen.accepted > 20 && seen.refused > 20, JSON.stringify(seen));
});

/** A fleet whose maps have branches, and names that share a site and a fleet. */
function largeFiles(devices: number): Files {
  const many = Array.from({ length: devices }, (_, at) => [
    `devices/d${at}.yaml`,
    device(`d${at}`, { kind: 'ship' }, { site: 'aurora' }),
  ]);
  const shared = {
    'apps/pump.yaml': application('pump', '1.0.0'),
    'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'pump' }]),
  };
  return { ...shared, 'sites/aurora.yaml': site('aurora'), ...Object.fromEntries(many) };
}

test('of a state that was opened only what is asked for is read, and it stays the same object', (t) => {
  const state = stateOf(largeFiles(400));
  const stored = open(bytesOf(state))!.state;
  t.is(stored.devices.size, 400);
  t.is(stored.desiredDevices.get('d7'), stored.desiredDevices.get('d7'));
  t.deepEqual(plain(stored), plain(state));
  t.is(stored.desiredDevices.get('d7')!.template, stored.desiredDevices.get('d8')!.template);
});

test('a device that is held at a release comes back with what it runs by that', (t) => {
  const hold = { releases: { pump: '1.1.0' }, reason: 'old sensor' };
  const state = stateOf({ ...harbor, 'devices/bridge.yaml': device('bridge', { kind: 'ship' }, { hold }) });
  const stored = open(bytesOf(state))!.state;
  t.is(stored.desiredDevices.get('bridge')?.pinned?.applications[0]?.version, '1.1.0');
  t.deepEqual(plain(stored), plain(state));
});

test('a first revision is kept as the texts of its files, each read once, and comes back as the manifests that they hold', (t) => {
  const files = largeFiles(400);
  const read: string[] = [];
  const reread = (path: string) => {
    read.push(path);
    return new TextEncoder().encode(files[path]!);
  };
  const first = applyChanges(emptyManifestState, changesOf(files), catalogue, reread);
  if (first.kind !== 'accepted') return t.fail();
  read.length = 0;
  const bytes = bytesOf(first.state);
  t.deepEqual(
    read.toSorted(),
    Object.keys(files)
      .filter((path) => path.startsWith('devices/'))
      .toSorted(),
  );
  read.length = 0;
  t.deepEqual(plain(open(bytes)!.state), plain(stateOf(files)));
  t.deepEqual(read, []);
});

test('the tree that was judged comes back with its files and its odd entries', (t) => {
  const files = new Map([['devices/bridge.yaml', '1'.repeat(40)]]);
  const tree: FleetTree = {
    files: runAtOnce(emptyTree.files.withChanges(files)),
    trustFiles: new Map([['trust/targets.json', '2'.repeat(40)]]),
    unread: new Set(['devices/a.YAML']),
    odd: new Map([['vendor', 'submodule']]),
  };
  const judged = open(bytesOf(stateOf(harbor), tree))!;
  t.is(judged.id, id);
  t.deepEqual({ ...judged.tree, files: new Map(judged.tree.files) }, { ...tree, files });
  t.deepEqual(judged.state.catalogue, catalogue);
});

test('what is damaged in any byte, cut off or by another judge is not opened', (t) => {
  const bytes = bytesOf(stateOf(harbor));
  for (let at = 0; at < bytes.length; at += 1) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 1;
    t.is(open(damaged), undefined, `byte ${at}`);
  }
  for (const length of [0, 1, 40, bytes.length - 1]) t.is(open(bytes.subarray(0, length)), undefined);
  const other = `judged tree ${'0'.repeat(String(judgeVersion).length)}`;
  const text = bytes.subarray(0, -32).toString('latin1').replace(`judged tree ${judgeVersion}`, other);
  const body = Buffer.from(text, 'latin1');
  t.is(open(Buffer.concat([body, createHash('sha256').update(body).digest()])), undefined);
  t.not(open(bytes), undefined);
});

/**
 * What the version stands for: schemas, the words of problems and warnings, what examples come to, the libraries that judge. Whoever
 * changes one of them counts the version up, or what was judged before would be taken for what is judged now.
 */
function digestOfJudge(): string {
  const root = join(import.meta.dirname, '../../../..');
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const libraries = ['js-yaml', 'yaml', 'ajv', 'croner', '@marcbachmann/cel-js'].map(
    (name) => lock.packages[`node_modules/${name}`].version,
  );
  const wrong = {
    ...harbor,
    'apps/radio.yaml': application('radio', '9.9.9', { config: { a: '${device.labels.none}' } }),
    'devices/stray.yaml': device('stray', { kind: 'none' }, { site: 'nowhere' }),
    'devices/pinned.yaml': device(
      'pinned',
      { kind: 'ship' },
      { hold: { releases: { pump: '9.9.9', log: '1.0.0' }, reason: 'a trial' } },
    ),
    'fleets/more.yaml': fleet('more', { kind: 'ship' }, [{ name: 'radio' }, { name: 'none' }]),
    'sites/bad.yaml': 'apiVersion: fleet/v1alpha1\nkind: Site\nmetadata: { name: A }\nspec: { x: 1 }\n',
    'sites/two.yaml': site('aurora'),
  };
  const judged = [
    plain(stateOf(harbor)),
    warningsOf(harbor),
    problemsOf(wrong),
    bytesOf(stateOf(harbor)).toString('hex'),
  ];
  const kinds = ['application', 'device', 'events', 'fleet', 'metadata', 'policy', 'secret', 'site'];
  const schemas = kinds.map((kind) => readFileSync(join(root, `schemas/${kind}.schema.json`), 'utf8'));
  return createHash('sha256')
    .update(JSON.stringify([libraries, judged, schemas]))
    .digest('hex')
    .slice(0, 16);
}

test('the version of the judge counts up with what is judged', (t) => {
  const message = 'something that judging depends on is another: count judgeVersion up, and note the digest of it here';
  t.deepEqual([judgeVersion, digestOfJudge()], [33, '4963eab67da5f0ae'], message);
});

test('a state without anything is written and opened as well', (t) => {
  t.deepEqual(plain(open(bytesOf(emptyManifestState))!.state), plain(emptyManifestState));
});
