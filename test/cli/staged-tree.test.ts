import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { BlobPile } from '../../cli/blob-pile.ts';
import type { CommandContext } from '../../cli/command.ts';
import type { FleetRepository } from '../../cli/fleet-repository.ts';
import { layDirectory } from '../../cli/fleet-revision.ts';
import { readStagedTree } from '../../cli/staged-tree.ts';
import { isSnapshotFile } from '../../cli/working-tree.ts';
import { passedOver } from '../../controller/manifests/passed-over.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import { nodePrograms } from '../../platform/node/processes.ts';
import { nodeRandom } from '../../platform/node/random.ts';
import { gitTest } from '../controller/source/git-test.ts';

function scene(t: ExecutionContext, files: Readonly<Record<string, string>>) {
  const top = mkdtempSync(join(tmpdir(), 'fleet-staged-test-'));
  t.teardown(() => rmSync(top, { recursive: true, force: true }));
  const [directory, scratch] = [join(top, 'work'), join(top, 'scratch')];
  for (const folder of [directory, scratch]) mkdirSync(folder);
  const git = (...args: string[]) => execFileSync('git', ['-C', directory, ...args], { stdio: 'pipe' }).toString();
  git('init', '-q', '-b', 'main');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  const context = {
    ...{ disk: nodeDisk, gitFiles: fs, programs: nodePrograms, random: nodeRandom, environment: { TMPDIR: scratch } },
    signal: new AbortController().signal,
  };
  const read = async (where = directory) => {
    const pile = new BlobPile();
    const { tree } = (await readStagedTree(context, where, pile))!;
    const held = [...tree.files].filter(([path]) => isSnapshotFile(path)).sort();
    return {
      tree: new Map(held.map(([path, oid]) => [path, pile.get(oid)])),
      warnings: passedOver(tree.odd, tree.unread),
    };
  };
  const lay = () => {
    const repository = { pile: new BlobPile(), bring: async () => {} } as unknown as FleetRepository;
    return layDirectory(context as unknown as CommandContext, directory, repository);
  };
  return { directory, scratch, git, read, lay };
}

const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

gitTest(
  'what is judged is what git would commit, through attributes and filters, without what it ignores',
  async (t) => {
    const { directory, git, read } = scene(t, {
      '.gitattributes': '*.yaml text eol=lf\ndevices/*.yaml filter=shout\n',
      '.gitignore': 'ignored.yaml\n',
      'a.yaml': 'one\r\ntwo\r\n',
      'devices/d.yaml': 'quiet\n',
      'ignored.yaml': 'x\n',
      'trust/1.root.json': '{}',
    });
    git('config', 'filter.shout.clean', 'tr a-z A-Z');
    const { tree } = await read();
    t.deepEqual([...tree.keys()], ['a.yaml', 'devices/d.yaml', 'trust/1.root.json']);
    t.is(text(tree.get('a.yaml')), 'one\ntwo\n');
    t.is(text(tree.get('devices/d.yaml')), 'QUIET\n');
    writeFileSync(join(directory, '.fleetignore'), 'devices/\n');
    t.deepEqual([...(await read()).tree.keys()], ['a.yaml', 'trust/1.root.json']);
  },
);

gitTest("nothing of the user's index and repository changes, and nothing is left behind", async (t) => {
  const { directory, scratch, git, read } = scene(t, { 'a.yaml': 'one\n' });
  git('add', '.');
  writeFileSync(join(directory, 'a.yaml'), 'two\n');
  writeFileSync(join(directory, 'b.yaml'), 'new\n');
  const state = () => [
    git('status', '--porcelain'),
    git('count-objects'),
    readFileSync(join(directory, '.git/index'), 'hex'),
  ];
  const before = state();
  const { tree } = await read();
  t.deepEqual([text(tree.get('a.yaml')), text(tree.get('b.yaml'))], ['two\n', 'new\n']);
  t.deepEqual(state(), before);
  t.deepEqual(readdirSync(scratch), []);
});

gitTest('a linked worktree and a folder of one are judged as git would commit them', async (t) => {
  const { directory, scratch, git, read } = scene(t, {
    '.gitattributes': '*.yaml text eol=lf\n',
    'a.yaml': 'one\r\n',
    'harbor/devices/d.yaml': 'two\r\n',
  });
  git('add', '.');
  git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'one');
  const linked = join(directory, '../linked');
  git('worktree', 'add', '-q', linked, '-b', 'linked');
  writeFileSync(join(linked, 'a.yaml'), 'new\r\n');
  const whole = (await read(linked)).tree;
  t.deepEqual([...whole.keys()], ['a.yaml', 'harbor/devices/d.yaml']);
  t.is(text(whole.get('a.yaml')), 'new\n');
  for (const top of [directory, linked]) {
    const { tree } = await read(join(top, 'harbor'));
    t.deepEqual(
      [...tree].map(([path, bytes]) => `${path} ${text(bytes)}`),
      ['devices/d.yaml two\n'],
    );
  }
  t.deepEqual(readdirSync(scratch), []);
});

gitTest('links and submodules are told in the words of the controller', async (t) => {
  const { directory, git, read } = scene(t, { 'devices/a.yaml': 'x\n', 'devices/b.YAML': 'x\n' });
  symlinkSync('a.yaml', join(directory, 'devices/link.yaml'));
  git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},vendor`);
  mkdirSync(join(directory, 'vendor'));
  const { tree, warnings } = await read();
  t.deepEqual([...tree.keys()], ['devices/a.yaml']);
  t.deepEqual(
    warnings.map(({ file, code }) => `${file} ${code}`),
    ['devices/b.YAML UNREAD_NAME', 'devices/link.yaml SYMBOLIC_LINK', 'vendor SUBMODULE'],
  );
});

test('where there is no repository, git has nothing to say', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-staged-test-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const context = {
    ...{ disk: nodeDisk, gitFiles: fs, programs: nodePrograms, random: nodeRandom, environment: {} },
    signal: new AbortController().signal,
  };
  t.is(await readStagedTree(context, directory), undefined);
});

gitTest(
  'a release is judged as a commit would hold it: through attributes and filters, and not where git ignores it',
  async (t) => {
    const { directory, git, lay } = scene(t, {
      '.gitattributes': '*.wasm text eol=lf\nreleases/tide/* filter=pointer\nreleases/buoy/* -text\n',
      '.gitignore': 'releases/gauge/\n',
      'releases/crane/1.wasm': 'one\r\ntwo',
      'releases/buoy/1.wasm': 'one\r\ntwo',
      'releases/tide/1.wasm': 'long and heavy',
      'releases/gauge/1.wasm': 'ignored',
      'releases/winch/1.wasm': 'held back',
    });
    git('config', 'filter.pointer.clean', 'echo pointer; cat > /dev/null');
    git('add', 'releases/winch');
    git('update-index', '--skip-worktree', 'releases/winch/1.wasm');
    rmSync(join(directory, 'releases/winch/1.wasm'));
    const { releaseBytes } = await lay();
    const held = ['crane', 'buoy', 'tide', 'gauge', 'winch'].map((name) =>
      text(releaseBytes(`releases/${name}/1.wasm`)),
    );
    t.deepEqual(held, ['one\ntwo', 'one\r\ntwo', 'pointer\n', undefined, 'held back']);
  },
);
