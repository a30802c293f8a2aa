import test from 'ava';
import { addRelease } from '../../../controller/publishing/authoring/add-release.ts';
import { AuthoringError, type AuthoringErrorCode } from '../../../controller/publishing/authoring/authoring-error.ts';
import { listReleases } from '../../../controller/publishing/authoring/list-releases.ts';
import { makeTrust } from '../../../controller/publishing/authoring/make-trust.ts';
import { signMetadata } from '../../../controller/publishing/authoring/sign-metadata.ts';
import { roleSigners } from '../../../controller/publishing/authoring/signers.ts';
import { verifyRepository } from '../../../controller/publishing/authoring/verify-repository.ts';
import { readWorkFile, writeWorkFile } from '../../../controller/publishing/authoring/work-tree.ts';
import { metadataFile, targetsOf } from '../../../controller/publishing/authoring/write-metadata.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import { buildModule, printer } from '../../device-agent/runtime/module-builder.ts';
import { SimDisk } from '../../sim/sim-disk.ts';
import { moduleOf, newTree, now, release, trustOf } from './repository.ts';

const dayMs = 86_400_000;

function throwsCode(t: import('ava').ExecutionContext, act: () => unknown, code: AuthoringErrorCode): void {
  t.is(t.throws(act, { instanceOf: AuthoringError })?.code, code);
}

test('a new repository with a release verifies', (t) => {
  const tree = newTree();
  t.deepEqual(verifyRepository(tree, now), { problems: [], releases: 0 });
  const first = release(tree, 'crane', '1.0.0', moduleOf(1));
  t.like(first, { added: true, delegated: true, signed: true, kind: 'module' });
  t.like(release(tree, 'crane', '1.1.0', moduleOf(2)), { added: true, delegated: false, signed: true });
  t.like(release(tree, 'crane', '1.1.0', moduleOf(2)), { added: false, signed: true });
  t.deepEqual(verifyRepository(tree, now), { problems: [], releases: 2 });
  t.deepEqual(
    listReleases(tree).map(({ name, version, present }) => [name, version, present]),
    [
      ['crane', '1.0.0', true],
      ['crane', '1.1.0', true],
    ],
  );
});

test('keys never lie where git would take them', (t) => {
  const disk = new SimDisk();
  disk.makeDirectory('/fleet');
  const tree = { disk, directory: '/fleet' };
  writeWorkFile(tree, '.gitignore', Buffer.from('dist'));
  const { keyFiles } = makeTrust(tree, { random: new SimRandom(1), now });
  t.is(Buffer.from(readWorkFile(tree, '.gitignore')!).toString(), 'dist\n/.fleet/\n');
  t.true(keyFiles.every((file) => file.startsWith('.fleet/')));
  t.true(
    disk
      .allFiles()
      .filter((path) => path.endsWith('.pem'))
      .every((path) => path.startsWith('/fleet/.fleet/')),
  );
});

test('a second trust is never made over the first', (t) => {
  throwsCode(t, () => makeTrust(newTree(), { random: new SimRandom(2), now }), 'TRUST_EXISTS');
});

test('where a first root is gone that there was, another is not made over what is left, and nobody is told to', (t) => {
  for (const gone of ['.fleet/keys/offline/trusted-root.json', 'trust/roles/crane.json']) {
    const tree = newTree();
    release(tree, 'crane', '1.0.0', moduleOf(1));
    for (const path of ['trust/1.root.json', gone]) tree.disk.remove(`/fleet/${path}`);
    const before = readWorkFile(tree, 'trust/targets.json');
    throwsCode(t, () => makeTrust(tree, { random: new SimRandom(2), now }), 'TRUST_EXISTS');
    t.deepEqual(readWorkFile(tree, 'trust/targets.json'), before);
    const error = t.throws(() => release(tree, 'buoy', '1.0.0', moduleOf(2)), { instanceOf: AuthoringError });
    t.regex(error?.message ?? '', /there was one: restore trust\/ with git/);
  }
});

test('a release never changes under its version', (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  throwsCode(t, () => release(tree, 'crane', '1.0.0', moduleOf(2)), 'VERSION_TAKEN');
  tree.disk.remove('/fleet/releases/crane/1.0.0.wasm');
  throwsCode(t, () => release(tree, 'crane', '1.0.0', moduleOf(2)), 'VERSION_TAKEN');
  t.deepEqual(readWorkFile(tree, 'releases/crane/1.0.0.wasm'), undefined);
});

test('what is not Wasm, and names that mean something else, are refused', (t) => {
  const tree = newTree();
  throwsCode(t, () => release(tree, 'crane', '1.0.0', Buffer.from('#!/bin/sh\n')), 'NOT_WASM');
  throwsCode(t, () => release(tree, 'crane', '1.0.0', moduleOf(1).slice(0, -1)), 'NOT_WASM');
  throwsCode(t, () => release(tree, 'targets', '1.0.0', moduleOf(1)), 'BAD_NAME');
  throwsCode(t, () => release(tree, '../crane', '1.0.0', moduleOf(1)), 'BAD_NAME');
  throwsCode(t, () => release(tree, 'crane', '../1', moduleOf(1)), 'BAD_VERSION');
  t.deepEqual(verifyRepository(tree, now), { problems: [], releases: 0 });
});

test('without the targets key there is no first release, without the release key the next one waits for its signature', (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const keep = (name: string) => {
    const path = `.fleet/keys/offline/${name}.pem`;
    const pem = readWorkFile(tree, path)!;
    tree.disk.remove(`/fleet/${path}`);
    return () => writeWorkFile(tree, path, pem);
  };
  keep('targets');
  throwsCode(t, () => release(tree, 'buoy', '1.0.0', moduleOf(2)), 'KEY_MISSING');
  const bringBack = keep('release-crane');
  t.like(release(tree, 'crane', '1.1.0', moduleOf(2)), { added: true, signed: false });
  t.deepEqual(
    verifyRepository(tree, now).problems.map(({ code }) => code),
    ['TRUST_ROLE_THRESHOLD'],
  );
  bringBack();
  const states = signMetadata(tree, { now, renew: false, roles: 'all', announce: () => {} });
  t.deepEqual(
    states.map(({ path, added }) => [path, added]),
    [
      ['trust/1.root.json', 0],
      ['trust/targets.json', 0],
      ['trust/roles/crane.json', 1],
    ],
  );
  t.deepEqual(verifyRepository(tree, now), { problems: [], releases: 2 });
});

test('root keys with a threshold: all keys sign the first root, and the threshold holds', (t) => {
  const disk = new SimDisk();
  disk.makeDirectory('/fleet');
  const tree = { disk, directory: '/fleet' };
  makeTrust(tree, { random: new SimRandom(5), now, rootKeys: 3, rootThreshold: 2 });
  const root = trustOf(tree).roots[0]!;
  t.is(root.signatures.size, 3);
  t.is(root.signed.roles.root?.threshold, 2);
  disk.remove('/fleet/.fleet/keys/offline/root-2.pem');
  disk.remove('/fleet/.fleet/keys/offline/root-3.pem');
  signMetadata(tree, { now, renew: true, roles: 'all', announce: () => {} });
  t.deepEqual(
    verifyRepository(tree, now).problems.map(({ code }) => code),
    ['TRUST_ROOT_THRESHOLD'],
  );
});

test('metadata that expired is a problem until it is renewed', (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const muchLater = now + 366 * dayMs;
  t.deepEqual(
    verifyRepository(tree, muchLater).problems.map(({ file, code }) => [file, code]),
    [
      ['trust/targets.json', 'TRUST_EXPIRED'],
      ['trust/roles/crane.json', 'TRUST_EXPIRED'],
    ],
  );
  signMetadata(tree, { now: muchLater, renew: true, roles: 'all', announce: () => {} });
  t.deepEqual(verifyRepository(tree, muchLater), { problems: [], releases: 1 });
  t.is(trustOf(tree).roots.length, 2);
});

test('a flipped bit in any file of the repository is reported with that file', (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1, 20));
  const paths = tree.disk.allFiles().filter((path) => /^\/fleet\/(trust|releases)\//.test(path));
  t.is(paths.length, 5);
  for (const path of paths) {
    const { length } = tree.disk.readFile(path);
    for (let bit = 3; bit < length * 8; bit += 61) {
      tree.disk.flipBit(path, bit);
      const files = verifyRepository(tree, now).problems.map(({ file }) => `/fleet/${file}`);
      t.true(files.includes(path), `bit ${bit} of ${path}: ${files}`);
      tree.disk.flipBit(path, bit);
    }
  }
});

test('a Wasm file that nobody signed is pointed out', (t) => {
  const tree = newTree();
  writeWorkFile(tree, 'releases/crane/9.9.9.wasm', moduleOf(1));
  t.deepEqual(
    verifyRepository(tree, now).problems.map(({ file, code }) => [file, code]),
    [['releases/crane/9.9.9.wasm', 'RELEASE_UNSIGNED']],
  );
});

test('a module that no device can run is refused before anything is written or signed, with the name of the import', (t) => {
  const tree = newTree();
  const importing = Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 2, 7, 1, 1, 0x65, 1, 0x66, 0, 0,
  ]);
  const options = { name: 'crane', file: 'x.wasm', random: new SimRandom(3), now };
  const refused = (bytes: Uint8Array, why: RegExp): void => {
    const error = t.throws(() => addRelease(tree, { ...options, version: '1', bytes }), { instanceOf: AuthoringError });
    t.is(error?.code, 'CANNOT_RUN');
    t.regex(error?.message ?? '', why);
  };
  refused(importing, /^x\.wasm cannot run .* function e\.f; /);
  const component = Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);
  refused(component, /is a component/);
  t.deepEqual(
    tree.disk.allFiles().filter((path) => path.includes('/releases/')),
    [],
  );
  t.deepEqual(trustOf(tree).releases, new Map());
  const bytes = printer('hello');
  t.deepEqual(addRelease(tree, { ...options, version: '1', bytes }).imports, ['wasi_snapshot_preview1']);
});

test('a role never grows beyond what devices read, and what is there stays as it was', (t) => {
  const tree = newTree();
  release(tree, 'crane', '1.0.0', moduleOf(1));
  const path = 'trust/roles/crane.json';
  const role = JSON.parse(Buffer.from(readWorkFile(tree, path)!).toString());
  for (let version = 0; version < 1023; version++) {
    role.signed.targets[`crane/0.${version}.wasm`] = { length: 1, hashes: { sha256: 'ab'.repeat(32) } };
  }
  const full = metadataFile(targetsOf(role.signed), roleSigners(tree, 'crane'));
  writeWorkFile(tree, path, full);
  throwsCode(t, () => release(tree, 'crane', '1.1.0', moduleOf(2)), 'TOO_MANY_RELEASES');
  t.deepEqual(readWorkFile(tree, path), new Uint8Array(full));
  t.is(readWorkFile(tree, 'releases/crane/1.1.0.wasm'), undefined);
});

test('a module that is one of several is added as such, and who adds it as a program is told how', (t) => {
  const tree = newTree();
  const bytes = buildModule({ functions: { encode: [] } });
  const options = { name: 'codec', version: '1.0.0', bytes, file: 'codec.wasm', random: new SimRandom(3), now };
  const error = t.throws(() => addRelease(tree, options), { instanceOf: AuthoringError });
  t.regex(
    error?.message ?? '',
    /^codec\.wasm cannot run on a device: .*; as one of several modules it is added with --linked$/,
  );
  const short = buildModule({ imports: [{ module: 'a', name: 'b' }], functions: { _start: [] } });
  const other = t.throws(() => addRelease(tree, { ...options, bytes: short }), { code: 'CANNOT_RUN' });
  t.regex(other?.message ?? '', /this is Emscripten for JavaScript; build it with wasi-sdk\)$/);
  t.true(addRelease(tree, { ...options, isLinked: true }).added);
  t.deepEqual(verifyRepository(tree, now).problems, []);
});
