/** One suite for every engine: what git stores is the same, whoever reads it. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import anyTest, { type ExecutionContext } from 'ava';
import { init } from 'isomorphic-git';
import type { GitEngine, GitReading } from '../../../controller/source/git-engine.ts';
import { libraryEngine } from '../../../controller/source/library-engine.ts';
import { libraryReading } from '../../../controller/source/library-reading.ts';
import { preferredEngine } from '../../../controller/source/preferred-engine.ts';
import { programEngine } from '../../../controller/source/program-engine.ts';
import { SourceError } from '../../../controller/source/source-error.ts';
import { threadEngine } from '../../../controller/source/thread-engine.ts';
import { nodeThreads } from '../../../platform/node/threads.ts';
import { portsOf, serveGit, TestRepository, temporaryDirectory } from './git-fixture.ts';
import { gitTest } from './git-test.ts';
import { gitSays, realPrograms } from './real-programs.ts';

const engines: Readonly<Record<string, GitEngine>> = {
  'the library': libraryEngine(portsOf()),
  'the library on a thread': threadEngine(nodeThreads),
  'the git program': programEngine(realPrograms),
};

function test(title: string, body: (t: ExecutionContext, engine: GitEngine) => Promise<void>): void {
  for (const [name, engine] of Object.entries(engines)) {
    gitTest(`${title}: ${name}`, (t) => body(t, engine));
  }
}

const { signal } = new AbortController();

async function scene(t: ExecutionContext) {
  const directory = temporaryDirectory(t);
  const repository = await TestRepository.create(join(directory, 'fleet.git'));
  const git = (...args: string[]) => gitSays(repository.path, ...args);
  return { directory, repository, git };
}

test('isAncestor() follows every parent and reads no more of a commit than that', async (t, engine) => {
  const { repository } = await scene(t);
  const first = await repository.commit({ 'a.yaml': '1' });
  const side = await repository.commit({ 'a.yaml': '2' }, { branch: 'side', parents: [first] });
  const tree = repository.idOf();
  const malformed = repository.write(
    'commit',
    Buffer.from(
      `tree ${tree}\nparent ${first}\nauthor Ada <a@x> 1700000000 +051800\ncommitter Ada <a@x> 1700000000 +051800\n\nbad zone\n`,
    ),
  );
  const merge = await repository.commit({ 'a.yaml': '3' }, { parents: [malformed, side] });
  const ask = (a: string, b: string) => engine.isAncestor(repository.path, a, b, signal);
  t.true(await ask(first, merge));
  t.true(await ask(side, merge));
  t.true(await ask(malformed, merge));
  t.true(await ask(merge, merge));
  t.false(await ask(merge, side));
  t.false(await ask(side, malformed));
});

/** Engines that take little. */
const bounds = { blobBytesMax: 20_000, objectBytesMax: 10_000, togetherBytesMax: 30_000, askedBytesMax: 120_000 };
const narrow: Readonly<Record<string, GitReading>> = {
  'the library': libraryReading(fs, undefined, undefined, bounds),
  'the git program': programEngine(realPrograms, bounds),
};

for (const [name, engine] of Object.entries(narrow)) {
  const title = `what is too large is told by its id and size, and never read whole; of others many are read in parts: ${name}`;
  gitTest(title, async (t) => {
    const { repository, git } = await scene(t);
    const texts = Array.from({ length: 9 }, (_, at) => `${at}`.repeat(9_000 + 1_000 * at));
    await repository.commit({
      ...Object.fromEntries(texts.map((text, at) => [`${at}`, text])),
      big: 'x'.repeat(30_000),
    });
    const oids = texts.map((_, at) => repository.idOf(`${at}`));
    const big = repository.idOf('big');
    for (const isPacked of [false, true]) {
      if (isPacked) await git('gc', '-q');
      const read = await engine.readBlobs(repository.path, oids, signal);
      t.deepEqual(
        read.map((bytes) => Buffer.from(bytes).toString()),
        texts,
      );
      const refused = { code: 'TOO_LARGE', message: new RegExp(`${big} has 30000 bytes, at most 20000 are read`) };
      const error = await t.throwsAsync(async () => engine.readBlobs(repository.path, [...oids, big], signal), {
        ...refused,
        instanceOf: SourceError,
      });
      t.is(error.subject, big);
      await t.throwsAsync(async () => engine.readObject(repository.path, big, signal), { code: 'TOO_LARGE' });
      const all = [...oids, ...oids.slice(0, 1)];
      const held = {
        code: 'TOO_LARGE',
        message: /has 17000 bytes, the most of some that are read together; at most 120000 are/,
      };
      const tooMuch = await t.throwsAsync(async () => engine.readBlobs(repository.path, all, signal), {
        ...held,
        instanceOf: SourceError,
      });
      t.is(tooMuch.subject, oids[8]);
    }
    const commit = repository.write(
      'commit',
      Buffer.from(`tree ${repository.idOf()}\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n\n${'m'.repeat(20_000)}`),
    );
    await t.throwsAsync(async () => engine.readObject(repository.path, commit, signal), { code: 'TOO_LARGE' });
  });
}

test('readBlobs() gives every content, empty and binary ones too, in the order asked for', async (t, engine) => {
  const { repository, git } = await scene(t);
  const contents = ['', 'one\n', '\0\u00ff binary\n\n', 'x'.repeat(100_000)];
  await repository.commit(Object.fromEntries(contents.map((content, at) => [`${at}`, content])));
  const oids = contents.map((_, at) => repository.idOf(`${at}`));
  await git('gc', '-q');
  const read = await engine.readBlobs(repository.path, [...oids, oids[1]!], signal);
  t.deepEqual(
    read.map((bytes) => Buffer.from(bytes).toString()),
    [...contents, contents[1]!],
  );
});

test('readBlobs() tells an object that is missing or is no blob as corrupt', async (t, engine) => {
  const { repository } = await scene(t);
  const commit = await repository.commit({ 'a.yaml': '1' });
  for (const oid of ['0'.repeat(40), commit])
    await t.throwsAsync(engine.readBlobs(repository.path, [oid], signal), { code: 'CORRUPT' });
});

test('fetchBranch() brings the tip alone, then what is new, then the whole past', async (t, engine) => {
  const { directory, repository, git } = await scene(t);
  const commits: string[] = [];
  for (let at = 0; at < 5; at += 1) commits.push(await repository.commit({ 'a.yaml': `${at}` }));
  const server = await serveGit(t, directory);
  const gitDirectory = join(directory, 'copy');
  await init({ fs, dir: gitDirectory, gitdir: gitDirectory, bare: true, defaultBranch: 'main' });
  await git('-C', gitDirectory, 'config', 'remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*');
  const order = { gitDirectory, url: `${server.url}/fleet.git`, branch: 'main' };
  const count = () => git('-C', gitDirectory, 'rev-list', '--count', 'main');
  t.is(await engine.fetchBranch({ ...order, history: 'tip' }, signal), commits.at(-1));
  t.is(await count(), '1');
  const next = await repository.commit({ 'a.yaml': 'next' });
  t.is(await engine.fetchBranch({ ...order, history: 'new' }, signal), next);
  t.is(await count(), '2');
  t.true(await engine.isAncestor(gitDirectory, commits.at(-1)!, next, signal));
  t.is(await engine.fetchBranch({ ...order, history: 'all' }, signal), next);
  t.is(await count(), '6');
  t.true(await engine.isAncestor(gitDirectory, commits[0]!, next, signal));
});

/** A tree as bytes, whatever names git itself would take. */
function rawTree(repository: TestRepository, entries: readonly (readonly [mode: string, name: string, oid: string])[]) {
  const parts = entries.map(([mode, name, oid]) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')]);
  return repository.write('tree', Buffer.concat(parts.flat()));
}

test('listTree() gives what is below a tree, links and submodules too, and no folder', async (t, engine) => {
  const { repository } = await scene(t);
  await repository.commit({ 'a.yaml': '1' });
  const oid = repository.idOf('a.yaml');
  const inner = rawTree(repository, [
    ['100755', 'Größe \ud83d\udea2.yaml', oid],
    ['120000', 'link', oid],
    ['160000', 'other', '5'.repeat(40)],
  ]);
  const tree = rawTree(repository, [
    ['100644', '.gitignore', oid],
    ['100644', 'a~b', oid],
    ['40000', 'ships', inner],
  ]);
  const listed = await engine.listTree(repository.path, tree, signal);
  t.deepEqual(
    Array.from(listed, ({ mode, path, oid: id }) => [mode, path, id]),
    [
      ['100644', '.gitignore', oid],
      ['100644', 'a~b', oid],
      ['100755', 'ships/Größe \ud83d\udea2.yaml', oid],
      ['120000', 'ships/link', oid],
      ['160000', 'ships/other', '5'.repeat(40)],
    ],
  );
});

test('compareTrees() gives what differs, what a folder became and what became of one, and no folder', async (t, engine) => {
  const { repository } = await scene(t);
  await repository.commit({ a: '1', b: '2' });
  const [one, two] = ['a', 'b'].map((name) => repository.idOf(name));
  const folder = rawTree(repository, [['100644', 'x.yaml', one!]]);
  const from = rawTree(repository, [
    ['100644', 'Größe.yaml', one!],
    ['120000', 'link', one!],
    ['160000', 'other', '5'.repeat(40)],
    ['40000', 'same', folder],
    ['40000', 'to-file', folder],
    ['100644', 'to-folder', one!],
  ]);
  const to = rawTree(repository, [
    ['100755', 'Größe.yaml', two!],
    ['100644', 'link', one!],
    ['40000', 'same', folder],
    ['100644', 'to-file', two!],
    ['40000', 'to-folder', folder],
  ]);
  const file = (oid: string, mode = '100644') => ({ mode, oid });
  const compared = [...(await engine.compareTrees(repository.path, from, to, signal))];
  t.deepEqual(
    compared.sort((left, right) => (left.path < right.path ? -1 : 1)),
    [
      { path: 'Größe.yaml', before: file(one!), after: file(two!, '100755') },
      { path: 'link', before: file(one!, '120000'), after: file(one!) },
      { path: 'other', before: file('5'.repeat(40), '160000') },
      { path: 'to-file', after: file(two!) },
      { path: 'to-file/x.yaml', before: file(one!) },
      { path: 'to-folder', before: file(one!) },
      { path: 'to-folder/x.yaml', after: file(one!) },
    ],
  );
  t.deepEqual([...(await engine.compareTrees(repository.path, to, to, signal))], []);
});

anyTest('a tree that is missing from what two are compared by is corrupt', async (t) => {
  const { repository } = await scene(t);
  await repository.commit({ 'a.yaml': '1' });
  const [tree, blob] = [repository.idOf(), repository.idOf('a.yaml')];
  const torn = rawTree(repository, [['40000', 'ships', '7'.repeat(40)]]);
  const engine = preferredEngine(programEngine(realPrograms), libraryEngine(portsOf()), { write: () => {} });
  for (const other of [torn, '7'.repeat(40), blob!])
    await t.throwsAsync(async () => engine.compareTrees(repository.path, tree!, other, signal), { code: 'CORRUPT' });
});

test('entryAt() gives what lies at a path, and only at that one', async (t, engine) => {
  const { repository } = await scene(t);
  await repository.commit({ '*.yaml': '1', 'a.yaml': '2', sites: { ':(glob)x': '3' } });
  const at = async (path: string) => (await engine.entryAt(repository.path, repository.idOf(), path, signal))?.oid;
  for (const path of ['*.yaml', 'sites', 'sites/:(glob)x']) t.is(await at(path), repository.idOf(path), path);
  for (const path of ['b.yaml', '?.yaml', 'a.yaml/b', 'sites/x', ':(glob)*']) t.is(await at(path), undefined, path);
});

anyTest('a tree with names that may not be checked out is corrupt, whoever lists it', async (t) => {
  const { repository } = await scene(t);
  await repository.commit({ 'a.yaml': '1' });
  const oid = repository.idOf('a.yaml');
  const engine = preferredEngine(programEngine(realPrograms), libraryEngine(portsOf()), { write: () => {} });
  const empty = rawTree(repository, []);
  for (const name of ['.', '..', '.git', '.GIT. ', '.git::$INDEX_ALLOCATION', 'git~1', 'a\\b', '.g\u200cit']) {
    const inner = rawTree(repository, [['100644', name, oid]]);
    const tree = name === '..' ? inner : rawTree(repository, [['40000', 'ships', inner]]);
    const list = async () => [...(await engine.listTree(repository.path, tree, signal))];
    await t.throwsAsync(list, { code: 'CORRUPT' }, name);
    const compare = async () => [...(await engine.compareTrees(repository.path, empty, tree, signal))];
    await t.throwsAsync(compare, { code: 'CORRUPT' }, name);
  }
  const joined = rawTree(repository, [['100644', 'a\u200db', oid]]);
  t.like([...(await engine.listTree(repository.path, joined, signal))], [{ path: 'a\u200db' }], 'only seems doubtful');
  const fine = rawTree(
    repository,
    ['.github', 'git', 'my.git', 'x~1'].map((name) => ['100644', name, oid] as const),
  );
  t.is([...(await programEngine(realPrograms).listTree(repository.path, fine, signal))].length, 4);
});

anyTest(
  'a folder that stands in very many places is told as too large, by a look at all and by one at what differs',
  async (t) => {
    const { repository } = await scene(t);
    await repository.commit({ 'a.yaml': '1' });
    const file = repository.idOf('a.yaml');
    const before = repository.idOf();
    const many = (mode: string, oid: string) =>
      rawTree(
        repository,
        Array.from({ length: 40 }, (_, n) => [mode, String(n).padStart(4, '0'), oid] as const),
      );
    const tree = many('40000', many('100644', file));
    const message = /too many files and folders .*: it came to 0024\//;
    const library = libraryReading(portsOf().fs, undefined, 1_000);
    await t.throwsAsync(library.listTree(repository.path, tree, signal), { code: 'FILES_REFUSED', message });
    await t.throwsAsync(library.compareTrees(repository.path, before, tree, signal), {
      code: 'FILES_REFUSED',
      message,
    });
    const printing = async () =>
      ({ code: undefined, output: new Uint8Array(), complaint: '', isTooMuch: true }) as const;
    const program = programEngine({ ...realPrograms, run: printing });
    await t.throwsAsync(program.listTree(repository.path, tree, signal), { code: 'FILES_REFUSED' });
  },
);

anyTest('what the git program cannot do, the library does: a directory that belongs to nobody git knows', async (t) => {
  const { repository } = await scene(t);
  const told: string[] = [];
  const unfit = programEngine({
    ...realPrograms,
    run: async () => ({ code: 128, output: new Uint8Array(), complaint: 'fatal: detected dubious ownership' }),
  });
  const log = { write: (_: string, event: string) => void told.push(event) };
  const engine = preferredEngine(unfit, libraryEngine(portsOf()), log);
  const first = await repository.commit({ 'a.yaml': '1' });
  const second = await repository.commit({ 'a.yaml': '2' });
  t.true(await engine.isAncestor(repository.path, first, second, signal));
  t.true(await engine.isAncestor(repository.path, first, second, signal));
  t.deepEqual(told, ['source.git-program-unfit'], 'told once');
});

anyTest('a thread that dies is told as that, and not as a server that speaks no git', async (t) => {
  const dying = threadEngine({ run: () => Promise.reject(new Error('ran out of memory')) });
  const order = { gitDirectory: '/nowhere', url: 'https://git.example/', branch: 'main', history: 'new' } as const;
  const error = await t.throwsAsync(dying.fetchBranch(order, signal), { instanceOf: SourceError });
  t.is(error?.code, 'ENGINE_ENDED');
  t.regex(error?.message ?? '', /thread .* ran out of memory; it is tried again/);
  const gone = AbortSignal.abort(new Error('the controller stops'));
  await t.throwsAsync(dying.readBlobs('/nowhere', [], gone), { message: 'the controller stops' });
});
