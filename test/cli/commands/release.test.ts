import test from 'ava';
import type { CommandContext } from '../../../cli/command.ts';
import { addReport } from '../../../cli/commands/release-add.ts';
import { releaseTable } from '../../../cli/commands/release-list.ts';
import { signReport } from '../../../cli/commands/release-sign.ts';
import { verifyReport } from '../../../cli/commands/release-verify.ts';
import { releasesOn, releasesText } from '../../../cli/commands/releases.ts';
import { withKnownNames } from '../../../cli/known-symbols.ts';
import { runCommand } from '../../../cli/run-command.ts';
import { listReleases } from '../../../controller/publishing/authoring/list-releases.ts';
import { signMetadata } from '../../../controller/publishing/authoring/sign-metadata.ts';
import { verifyRepository } from '../../../controller/publishing/authoring/verify-repository.ts';
import type { Programs } from '../../../platform/ports.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import type { DeviceStatus } from '../../../schemas/generated/types.ts';
import { moduleOf, newTree, now, release } from '../../controller/publishing/repository.ts';

test('fleet release add says what was taken in, and that a signature is missing', (t) => {
  const tree = newTree();
  const name = { name: 'crane', version: '1.0.0' };
  const added = release(tree, 'crane', '1.0.0', moduleOf(1));
  t.regex(
    addReport(name, added),
    /^crane 1\.0\.0 is releases\/crane\/1\.0\.0\.wasm: module, \d+ B, .*imports nothing\n/,
  );
  t.regex(addReport(name, { ...added, signed: false }), /not signed: run `fleet release sign crane`/);
});

test('fleet release list, sign and verify show the repository as it is', (t) => {
  const tree = newTree();
  t.regex(releaseTable(listReleases(tree), 100), /^no releases/);
  release(tree, 'crane', '1.0.0', moduleOf(1));
  t.regex(releaseTable(listReleases(tree), 100), /\ncrane {2}1\.0\.0 {4}\d+ B/);
  t.regex(
    signReport(signMetadata(tree, { now, renew: false, roles: 'all', announce: () => {} }), 100),
    /trust\/roles\/crane\.json {2}\d+ .* 1 of 1 {6}-\n/,
  );
  t.regex(verifyReport(verifyRepository(tree, now)), /^1 release: .* are right\n$/);
  tree.disk.flipBit('/fleet/releases/crane/1.0.0.wasm', 5);
  t.regex(verifyReport(verifyRepository(tree, now)), /^releases\/crane\/1\.0\.0\.wasm: RELEASE_HASH_MISMATCH /);
});

const absent = async () => ({ code: undefined, output: new Uint8Array(), complaint: 'spawn ENOENT' });

/** The command line in a repository on a simulated disk. */
function commandLine(input = '', optimize?: Programs['run']) {
  const tree = newTree();
  const run = async (...words: string[]) => {
    let said = '';
    const out = { write: (text: string) => (said += text), isTerminal: false, columns: () => 120, rows: () => 50 };
    const context = {
      ...{
        disk: tree.disk,
        directory: '/fleet',
        random: new SimRandom(3),
        clock: new SimTime(now).clock({ alive: true }),
      },
      ...{ stdout: out, stderr: out, environment: {}, color: false, signal: new AbortController().signal },
      programs: {
        run: (...of: Parameters<Programs['run']>) => (of[0] === 'wasm-opt' && optimize ? optimize(...of) : absent()),
      },
      loadConfiguration: async () => ({ value: {} }),
      readInput: async () => Buffer.from(input),
    } as unknown as CommandContext;
    return { code: await runCommand(context, words), said };
  };
  const write = (path: string, bytes: Uint8Array) => {
    using file = tree.disk.open(path, 'write');
    file.write(0, bytes);
  };
  return { tree, run, write };
}

/** A module whose function 0 has the name `pump`. */
function moduleWithNames(number: number): Uint8Array {
  return Uint8Array.from([
    ...moduleOf(number),
    0,
    14,
    4,
    ...Buffer.from('name'),
    1,
    7,
    1,
    0,
    4,
    ...Buffer.from('pump'),
  ]);
}

const adding = ['--name', 'pump', '--version'];

test('names of functions stay at home unless they are to travel, and name the functions of a trace there', async (t) => {
  const { tree, run, write } = commandLine('trap in function 0 < function 9\n');
  write('/fleet/pump.wasm', moduleWithNames(1));
  const added = await run('release', 'add', 'pump.wasm', ...adding, '1.0.0');
  t.regex(
    added.said,
    /\ntaken off, for nothing on a device reads it: 16 B of names\nwhat its functions are called is kept beside it/,
  );
  t.deepEqual(tree.disk.readFile('/fleet/releases/pump/1.0.0.wasm'), moduleOf(1));
  t.is((await run('release', 'symbols', 'pump/1.0.0')).said, 'trap in pump < function 9\n');
  t.is((await run('release', 'verify')).code, 0);

  const kept = await run('release', 'add', 'pump.wasm', ...adding, '1.1.0', '--keep-names');
  t.regex(kept.said, /\ntravels to every device, as you wish: 16 B of names\n/);
  t.regex((await run('release', 'add', 'pump.wasm', ...adding, '1.1.0')).said, /^pump 1\.1\.0 was already/);
  t.regex((await run('release', 'symbols', 'pump/1.1.0')).said, /nothing is kept of the names of pump\/1\.1\.0/);
  const linked = await run('release', 'add', 'pump.wasm', ...adding, '1.2.0', '--linked');
  t.regex(linked.said, /travels to every device, by their names alone .*: 16 B of names/);
});

test('a failure that a device tells of names its functions where the work tree knows them', async (t) => {
  const { tree, run, write } = commandLine();
  write('/fleet/pump.wasm', moduleWithNames(1));
  await run('release', 'add', 'pump.wasm', ...adding, '1.0.0');
  const stackOf = (version: string) => {
    const application = { name: 'pump', version, state: 'failed', restarts: 0, stack: ['function 0', 'function 3'] };
    const device = { name: 'anna', report: { applications: [application] } } as unknown as DeviceStatus;
    return withKnownNames(tree, device).report?.applications[0]?.stack;
  };
  t.deepEqual(stackOf('1.0.0'), ['pump', 'function 3']);
  t.deepEqual(stackOf('2.0.0'), ['function 0', 'function 3']);
  write('/fleet/releases/pump/1.0.0.symbols.json', Buffer.from('no'));
  t.deepEqual(stackOf('1.0.0'), ['function 0', 'function 3']);
});

test('what a release is made of is signed with it, and tells who has a component; what was put in its place tells nothing', async (t) => {
  const { tree, run, write } = commandLine();
  const bill = (version: string) =>
    Buffer.from(
      JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', components: [{ name: 'zlib', version }] }),
    );
  write('/fleet/pump.wasm', moduleOf(1));
  write('/fleet/bill.json', bill('1.2.11'));
  write('/fleet/other.json', bill('1.2.12'));
  t.is((await run('release', 'add', 'pump.wasm', ...adding, '0.9.0')).code, 0);
  const added = await run('release', 'add', 'pump.wasm', ...adding, '1.0.0', '--sbom', 'bill.json');
  t.regex(added.said, /names pump\/1\.0\.0\.wasm, .*, its SBOM sha256 [0-9a-f]{64}\n/);
  t.regex(added.said, /\nits SBOM names 1 component, by bill\.json\n/);
  t.is((await run('release', 'add', 'pump.wasm', ...adding, '1.0.0')).code, 0);
  const other = await run('release', 'add', 'pump.wasm', ...adding, '1.0.0', '--sbom', 'other.json');
  t.regex(other.said, /1\.0\.0\.sbom\.json was signed with other content/);
  t.regex((await run('release', 'add', 'pump.wasm', ...adding, '2.0.0', '--sbom', 'pump.wasm')).said, /SBOM_INVALID/);

  const asked = ['releases', '--no-devices', '--component'];
  t.regex(
    (await run(...asked, 'zlib@<1.2.12')).said,
    /\npump\/1\.0\.0 +zlib 1\.2\.11 +-\n.*without an SBOM: pump\/0\.9\.0\n$/s,
  );
  t.regex((await run(...asked, 'zlib@>=1.2.12')).said, /^no release whose SBOM is kept has zlib@>=1\.2\.12\n/);
  t.is((await run('release', 'verify')).code, 0);
  t.is((await run('release', 'add', 'pump.wasm', ...adding, '0.9.0', '--sbom', 'other.json')).code, 0);
  t.regex((await run(...asked, 'zlib@>=1.2.12')).said, /\npump\/0\.9\.0 +zlib 1\.2\.12 +-\n$/);

  write('/fleet/releases/pump/1.0.0.sbom.json', bill('9.9.9'));
  t.regex((await run(...asked, 'zlib')).said, /is not the one that was signed: restore it with git \(SBOM_INVALID\)/);
  t.regex((await run('release', 'verify')).said, /pump\/1\.0\.0\.sbom\.json: RELEASE_SBOM_MISMATCH/);
  tree.disk.remove('/fleet/releases/pump/1.0.0.sbom.json');
  t.regex((await run(...asked, 'zlib')).said, /is not in the repository/);
});

test('devices that run a release with a component are told, also where it is linked to another, and what can not be said', (t) => {
  const applications = [{ name: 'pump', version: '1.0.0', links: { codec: 'codec/2.0.0' } }];
  const device = { name: 'anna', report: { applications } } as unknown as DeviceStatus;
  t.deepEqual([...releasesOn(device)], ['pump/1.0.0', 'codec/2.0.0']);
  t.deepEqual([...releasesOn({ name: 'berta' } as DeviceStatus)], []);
  const releases = [
    { name: 'pump', version: '1.0.0', components: [{ name: 'zl\u001bib', version: '1' }], devices: ['anna', 'berta'] },
    { name: 'pump', version: '1.1.0', components: [{ name: 'zlib' }, { name: 'zlib' }], devices: [] },
  ];
  const lines = [
    'RELEASE     COMPONENTS  DEVICES',
    'pump/1.0.0  zl\ufffdib 1     2: anna, berta',
    'pump/1.1.0  zlib        none',
    '1 device may run more than could be told: carl',
  ];
  t.is(releasesText({ releases, silent: [], partial: ['carl'] }, 'zlib', 100), `${lines.join('\n')}\n`);
});

test('an optimizer gets the names and what it makes is judged as any module: its numbers of functions are those that are kept', async (t) => {
  const given: string[] = [];
  let made: Uint8Array = moduleWithNames(2);
  const { tree, run, write } = commandLine('', async (_, args, { input }) => {
    given.push(
      `${args.join(' ')} ${Buffer.from(input!).includes('pump')} ${Buffer.from(input!).includes('.debug_info')}`,
    );
    return { code: made.length === 0 ? 1 : 0, output: made, complaint: made.length === 0 ? 'Fatal: no' : '' };
  });
  const dwarf = [0, 12, 11, ...Buffer.from('.debug_info')];
  write('/fleet/pump.wasm', Uint8Array.from([...moduleWithNames(1), ...dwarf]));
  const added = await run('release', 'add', 'pump.wasm', ...adding, '1.0.0', '--optimize');
  t.regex(
    added.said,
    /\ntaken off, .*: 16 B of names, 14 B of DWARF\n.*\noptimized by wasm-opt: \d+ B, without that \d+ B\n/,
  );
  t.deepEqual(given, ['-Oz -g - -o - true false']);
  t.deepEqual(tree.disk.readFile('/fleet/releases/pump/1.0.0.wasm'), moduleOf(2));
  t.true(Buffer.from(tree.disk.readFile('/fleet/releases/pump/1.0.0.symbols.json')).includes('"0": "pump"'));
  made = Uint8Array.of(1, 2, 3);
  t.regex((await run('release', 'add', 'pump.wasm', ...adding, '1.1.0', '--optimize')).said, /NOT_WASM/);
  made = new Uint8Array();
  const failed = await run('release', 'add', 'pump.wasm', ...adding, '1.1.0', '--optimize');
  t.regex(failed.said, /wasm-opt optimized nothing: Fatal: no; add the release without --optimize\. Nothing was added/);
  const other = commandLine();
  other.write('/fleet/pump.wasm', moduleOf(1));
  const missing = await other.run('release', 'add', 'pump.wasm', ...adding, '1.0.0', '--optimize');
  t.regex(missing.said, /it is not on PATH; install it \(Debian: apt install binaryen\)/);
});
