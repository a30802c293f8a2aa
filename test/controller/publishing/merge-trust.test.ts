import test, { type ExecutionContext } from 'ava';
import { addRelease } from '../../../controller/publishing/authoring/add-release.ts';
import { AuthoringError, type AuthoringErrorCode } from '../../../controller/publishing/authoring/authoring-error.ts';
import { type MergeSides, mergeTrust } from '../../../controller/publishing/authoring/merge-trust.ts';
import { removeRelease } from '../../../controller/publishing/authoring/remove-release.ts';
import { signMetadata } from '../../../controller/publishing/authoring/sign-metadata.ts';
import { readTrustFiles, type WorkTree, writeWorkFile } from '../../../controller/publishing/authoring/work-tree.ts';
import { judgeTrust } from '../../../controller/publishing/judge-trust.ts';
import type { TrustFiles } from '../../../controller/publishing/trust-files.ts';
import { verifyTrust } from '../../../controller/publishing/verify-trust.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import { moduleOf, newTree, now, trustOf } from './repository.ts';

const minuteMs = 60_000;

/** Every application has a key of its own. */
function release(tree: WorkTree, name: string, version: string, number: number, at: number): void {
  const random = new SimRandom(name.charCodeAt(0));
  addRelease(tree, { name, version, bytes: moduleOf(number), file: 'x.wasm', random, now: at });
}

function checkOut(tree: WorkTree, files: TrustFiles): void {
  for (const path of readTrustFiles(tree).keys()) tree.disk.remove(`/fleet/${path}`);
  for (const [path, bytes] of files) writeWorkFile(tree, path, bytes);
}

/** Two branches from one commit with crane 1.0.0; what each does to it. */
function branches(ours: (tree: WorkTree) => void, theirs: (tree: WorkTree) => void) {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', 1, now);
  const base = readTrustFiles(tree);
  const sideOf = (act: (tree: WorkTree) => void) => {
    checkOut(tree, base);
    act(tree);
    return readTrustFiles(tree);
  };
  const sides: MergeSides = { base, ours: sideOf(ours), theirs: sideOf(theirs) };
  return { tree, sides };
}

const lines: string[] = [];
const options = { now: now + 10 * minuteMs, announce: (more: readonly string[]) => void lines.push(...more) };

function releasesOf(tree: WorkTree): string[] {
  return [...trustOf(tree).releases.keys()].sort();
}

function refusedWith(t: ExecutionContext, act: () => unknown, code: AuthoringErrorCode, message: RegExp): void {
  const error = t.throws(act, { instanceOf: AuthoringError });
  t.is(error?.code, code);
  t.regex(error?.message ?? '', message);
}

test('what both branches released is united, under versions above both, and signed', (t) => {
  const { tree, sides } = branches(
    (ours) => {
      release(ours, 'crane', '1.1.0', 2, now + minuteMs);
      release(ours, 'buoy', '1.0.0', 3, now + minuteMs);
    },
    (theirs) => {
      release(theirs, 'crane', '1.2.0', 4, now + 2 * minuteMs);
      release(theirs, 'winch', '1.0.0', 5, now + 2 * minuteMs);
    },
  );
  lines.length = 0;
  t.deepEqual(mergeTrust(tree, sides, options).unsigned, []);
  t.deepEqual(releasesOf(tree), ['buoy/1.0.0', 'crane/1.0.0', 'crane/1.1.0', 'crane/1.2.0', 'winch/1.0.0']);
  for (const published of [sides.ours, sides.theirs]) {
    const judged = judgeTrust(readTrustFiles(tree), published);
    t.is(judged.kind, 'prevails');
    t.deepEqual(judged.kind === 'prevails' && judged.notes, []);
  }
  t.is(
    lines.filter((line) => line.startsWith('signs')).length,
    2,
    'targets.json and crane.json; buoy and winch are signed',
  );
  t.true(lines.some((line) => line.includes('names crane/1.2.0.wasm')));
});

test('what one branch took away, and the other left as it was, stays away', (t) => {
  const { tree, sides } = branches(
    () => {},
    (theirs) => release(theirs, 'crane', '1.1.0', 2, now + minuteMs),
  );
  mergeTrust(tree, { base: sides.theirs, ours: sides.ours, theirs: sides.theirs }, options);
  t.deepEqual(releasesOf(tree), ['crane/1.0.0']);
  const judged = judgeTrust(readTrustFiles(tree), sides.theirs);
  t.deepEqual(judged.kind === 'prevails' && [...judged.trust.releases.keys()], ['crane/1.0.0']);
  const without = { ...sides, base: undefined };
  refusedWith(
    t,
    () => mergeTrust(tree, without, options),
    'TRUST_OLDER',
    /names crane\/1\.1\.0.*remove its file below/,
  );
  tree.disk.remove('/fleet/.fleet/keys/offline/newest/crane.json');
  mergeTrust(tree, without, options);
  t.deepEqual(releasesOf(tree), ['crane/1.0.0', 'crane/1.1.0'], 'without a common past nothing was taken away');
});

test('an application that one side takes out while the other releases it is for people to settle; one that nobody touched goes', (t) => {
  const undelegate = (tree: WorkTree) => {
    const path = 'trust/targets.json';
    const document = JSON.parse(Buffer.from(readTrustFiles(tree).get(path)!).toString());
    document.signed.delegations = { keys: {}, roles: [] };
    document.signatures = [];
    writeWorkFile(tree, path, Buffer.from(JSON.stringify(document)));
    signMetadata(tree, { now: now + minuteMs, renew: false, roles: ['targets'], announce: () => {} });
  };
  const both = branches((ours) => release(ours, 'crane', '1.1.0', 2, now + minuteMs), undelegate);
  refusedWith(t, () => mergeTrust(both.tree, both.sides, options), 'MERGE_CONFLICT', /delegates crane no more/);
  const one = branches((ours) => release(ours, 'buoy', '1.0.0', 2, now + minuteMs), undelegate);
  mergeTrust(one.tree, one.sides, options);
  t.deepEqual(releasesOf(one.tree), ['buoy/1.0.0']);
});

test('a side that has an older file put back adds nothing by it: what was taken out before both is named by neither', (t) => {
  const { tree, sides } = branches(
    (ours) => release(ours, 'buoy', '1.0.0', 3, now + minuteMs),
    (theirs) => {
      release(theirs, 'crane', '1.1.0', 2, now + minuteMs);
      removeRelease(theirs, { name: 'crane', version: '1.0.0', now: now + 2 * minuteMs, announce: () => {} });
    },
  );
  const replayed = new Map([...sides.theirs, ['trust/roles/crane.json', sides.base!.get('trust/roles/crane.json')!]]);
  const merge = () => mergeTrust(tree, { base: sides.theirs, ours: sides.theirs, theirs: replayed }, options);
  refusedWith(
    t,
    merge,
    'TRUST_OLDER',
    /crane\/1\.0\.0\.wasm.*where the two sides come from|where the two sides come from.*crane\/1\.0\.0/,
  );
  t.notThrows(() =>
    mergeTrust(tree, { base: sides.theirs, ours: sides.theirs, theirs: replayed, isBack: true }, options),
  );
});

test('what only one branch changed is taken as it is, without a new signature', (t) => {
  const { tree, sides } = branches(
    () => {},
    (theirs) => release(theirs, 'crane', '1.1.0', 2, now + minuteMs),
  );
  lines.length = 0;
  mergeTrust(tree, sides, options);
  t.deepEqual(readTrustFiles(tree), sides.theirs);
  t.deepEqual(lines, []);
});

test('one version with two contents, and one application with two keys, are for people to settle', (t) => {
  const both = branches(
    (ours) => release(ours, 'crane', '1.1.0', 2, now + minuteMs),
    (theirs) => {
      theirs.disk.remove('/fleet/releases/crane/1.1.0.wasm');
      release(theirs, 'crane', '1.1.0', 3, now + minuteMs);
    },
  );
  refusedWith(t, () => mergeTrust(both.tree, both.sides, options), 'MERGE_CONFLICT', /crane\/1\.1\.0\.wasm/);
  t.deepEqual(readTrustFiles(both.tree), both.sides.theirs, 'nothing was written');
  const keys = branches(
    (ours) => release(ours, 'buoy', '1.0.0', 3, now + minuteMs),
    (theirs) => {
      theirs.disk.remove('/fleet/.fleet/keys/offline/release-buoy.pem');
      const random = new SimRandom(5000);
      addRelease(theirs, {
        name: 'buoy',
        version: '1.0.0',
        bytes: moduleOf(3),
        file: 'x',
        random,
        now: now + minuteMs,
      });
    },
  );
  refusedWith(t, () => mergeTrust(keys.tree, keys.sides, options), 'MERGE_CONFLICT', /delegates buoy/);
});

test('a side that does not verify is not merged, and neither is another fleet', (t) => {
  const { tree, sides } = branches(
    (ours) => release(ours, 'crane', '1.1.0', 2, now + minuteMs),
    (theirs) => release(theirs, 'crane', '1.2.0', 4, now + minuteMs),
  );
  const forged = Buffer.from(sides.theirs.get('trust/roles/crane.json')!).toString().replace('1.2.0', '6.6.6');
  const lying = new Map([...sides.theirs, ['trust/roles/crane.json', Buffer.from(forged)]]);
  refusedWith(
    t,
    () => mergeTrust(tree, { ...sides, theirs: lying }, options),
    'TRUST_UNSIGNED',
    /crane\.json of theirs/,
  );
  const stranger = readTrustFiles(newTree(77));
  refusedWith(t, () => mergeTrust(tree, { ...sides, theirs: stranger }, options), 'TRUST_FOREIGN', /another root/);
});

test('a merge where a key is missing is written, and completed where the key is', (t) => {
  const { tree, sides } = branches(
    (ours) => release(ours, 'crane', '1.1.0', 2, now + minuteMs),
    (theirs) => release(theirs, 'crane', '1.2.0', 4, now + minuteMs),
  );
  const path = '/fleet/.fleet/keys/offline/release-crane.pem';
  const pem = tree.disk.readFile(path);
  tree.disk.remove(path);
  t.deepEqual(mergeTrust(tree, sides, options).unsigned, ['crane']);
  writeWorkFile(tree, path.slice('/fleet/'.length), pem);
  signMetadata(tree, { now, renew: false, roles: ['crane'], announce: () => {} });
  t.deepEqual(releasesOf(tree), ['crane/1.0.0', 'crane/1.1.0', 'crane/1.2.0']);
});

test('a file with the marks of a merge conflict names the way out', (t) => {
  const files = readTrustFiles(newTree());
  const text = Buffer.from(files.get('trust/targets.json')!).toString();
  const marked = Buffer.from(`<<<<<<< HEAD\n${text}=======\n${text}>>>>>>> theirs\n`);
  const judged = verifyTrust(new Map([...files, ['trust/targets.json', marked]]));
  t.regex('problems' in judged ? judged.problems[0]!.message : '', /fleet release merge/);
  for (const path of ['trust/targets.json', 'trust/roles/crane.json']) {
    const tree = newTree();
    release(tree, 'crane', '1.0.0', 1, now);
    writeWorkFile(tree, path, marked);
    refusedWith(t, () => release(tree, 'crane', '1.1.0', 2, now), 'MERGE_CONFLICT', /fleet release merge/);
  }
});
