import { execFileSync } from 'node:child_process';
import fs, { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { poll, sourceOf, TestRepository, temporaryDirectory, textAt } from './git-fixture.ts';
import { gitTest } from './git-test.ts';
import { realPrograms } from './real-programs.ts';

async function bare(t: Parameters<typeof temporaryDirectory>[0]) {
  const directory = temporaryDirectory(t);
  const repository = await TestRepository.create(join(directory, 'fleet.git'));
  const open = (branch = 'main') =>
    sourceOf({ url: repository.path, mirrorDirectory: join(directory, 'mirror'), branch });
  return { repository, open, directory };
}

test('a new tip is told once, with its subject, author and time', async (t) => {
  const { repository, open } = await bare(t);
  const first = await repository.commit({ 'a.yaml': 'one' }, { message: 'Add the pump\n\nIt pumps.' });
  const event = await poll(open());
  t.like(event, { kind: 'tip', history: 'first', revision: { id: first, subject: 'Add the pump', author: 'Ada' } });
  t.deepEqual(await poll(open(), first), { kind: 'unchanged', tip: first });
});

test('a branch among hundreds of thousands is found where it is packed, by itself, or leads to another', async (t) => {
  const { repository, open } = await bare(t);
  const first = await repository.commit({ 'a.yaml': 'one' });
  const second = await repository.commit({ 'a.yaml': 'two' });
  const other = (at: number) => `${first} refs/heads/other/${at}\n`;
  const many = Array.from({ length: 300_000 }, (_, at) => other(at)).join('');
  const pack = (text: string) =>
    writeFileSync(join(repository.path, 'packed-refs'), `# pack-refs with: peeled fully-peeled sorted \n${text}`);
  const tip = async (branch?: string) => {
    const event = await poll(open(branch));
    return event.kind === 'tip' ? event.revision.id : event.kind;
  };
  const head = join(repository.path, 'refs/heads/main');
  pack(`${many}${first} refs/heads/main\n${second} refs/heads/main-2\n${second} refs/tags/main\n`);
  t.is(await tip(), second, 'by itself before it is packed');
  rmSync(head);
  t.is(await tip(), first);
  writeFileSync(head, 'ref: refs/heads/main-2\n');
  t.is(await tip(), second);
  writeFileSync(head, 'ref: refs/heads/main\n');
  t.is(await tip(), 'unreachable', 'one that leads to itself');
  rmSync(head);
  pack(many);
  const missing = await poll(open());
  t.regex(
    missing.kind === 'branch-missing' ? missing.message : missing.kind,
    /it has other\/0, .* and at least 992 more/,
  );
});

test('changes() tells only what differs between two commits, in every folder', async (t) => {
  const { repository, open } = await bare(t);
  const first = await repository.commit({
    'a.yaml': 'one',
    sites: { 'x.yaml': 'x', 'y.yaml': 'y' },
    old: { 'z.yaml': 'z' },
  });
  const second = await repository.commit({
    'a.yaml': 'one',
    sites: { 'x.yaml': 'x2', 'y.yaml': 'y' },
    old: 'now a file',
  });
  const source = open();
  const { files: changes } = await source.changes(first, second);
  t.deepEqual(
    changes.map(({ path, oid }) => [path, oid !== undefined]),
    [
      ['old', true],
      ['old/z.yaml', false],
      ['sites/x.yaml', true],
    ],
  );
  t.is(await textAt(source, changes[2]!.oid!), 'x2');
});

test('readRevision() names every file with its blob', async (t) => {
  const { repository, open } = await bare(t);
  const oid = await repository.commit({ 'a.yaml': 'one', sites: { 'x.yaml': 'x' } });
  const source = open();
  const { info, files } = await source.readRevision(oid);
  t.is(info.id, oid);
  t.deepEqual([...files.keys()], ['a.yaml', 'sites/x.yaml']);
  t.is(await textAt(source, files.get('sites/x.yaml')!), 'x');
});

gitTest('no index of a pack, which grows with the fleet, is read where the git program is there', async (t) => {
  const { repository, directory } = await bare(t);
  const first = await repository.commit({ 'a.yaml': 'one', '.fleetignore': 'docs/' });
  const second = await repository.commit({ 'a.yaml': 'two', '.fleetignore': 'docs/' }, { parents: [first] });
  execFileSync('git', ['-C', repository.path, 'gc', '-q']);
  const read: string[] = [];
  const readFile = ((path: string, options?: object) => {
    read.push(String(path)); // The library asks without one, to learn whether promises come back.
    return fs.promises.readFile(path, options);
  }) as typeof fs.promises.readFile;
  const noting = { ...fs.promises, readFile };
  const ports = { fs: { ...fs, promises: noting }, programs: realPrograms };
  const source = sourceOf({ url: repository.path, mirrorDirectory: join(directory, 'mirror') }, ports);
  t.like(await poll(source, first), { kind: 'tip', history: 'advanced' });
  const { files } = await source.changes(first, second);
  t.deepEqual(await Promise.all(files.map(({ oid }) => textAt(source, oid!))), ['two']);
  t.true(read.length > 0);
  t.deepEqual(
    read.filter((path) => path.includes('/objects/pack/')),
    [],
  );
});

gitTest('nobody walks through history for a commit that says itself what it comes after', async (t) => {
  const { repository, directory } = await bare(t);
  const first = await repository.commit({ 'a.yaml': 'one' });
  const second = await repository.commit({ 'a.yaml': 'two' }, { parents: [first] });
  const walks: string[] = [];
  const run: typeof realPrograms.run = (name, args, options) => {
    walks.push(...args.filter((arg) => arg === 'merge-base'));
    return realPrograms.run(name, args, options);
  };
  const mirrorDirectory = join(directory, 'mirror');
  const source = sourceOf({ url: repository.path, mirrorDirectory }, { programs: { ...realPrograms, run } });
  t.like(await poll(source, first), { kind: 'tip', history: 'advanced' });
  t.is(walks.length, 0);
  await repository.commit({ 'a.yaml': 'three' }, { parents: [second] });
  t.like(await poll(source, first), { kind: 'tip', history: 'advanced' });
  t.is(walks.length, 1);
});

test('a force-push is told apart from progress', async (t) => {
  const { repository, open } = await bare(t);
  const first = await repository.commit({ 'a.yaml': 'one' });
  const second = await repository.commit({ 'a.yaml': 'two' });
  t.like(await poll(open(), first), { kind: 'tip', history: 'advanced' });
  await repository.commit({ 'a.yaml': 'three' }, { parents: [first] });
  t.like(await poll(open(), second), { kind: 'refused', history: 'rewritten' });
});

test('a repository without a commit is empty, not broken', async (t) => {
  const { open } = await bare(t);
  t.like(await poll(open()), { kind: 'empty' });
});

test('a branch that is not there is told with those that are', async (t) => {
  const { repository, open } = await bare(t);
  const oid = await repository.commit({ 'a.yaml': 'one' }, { branch: 'trunk/next' });
  const event = await poll(open(), oid);
  t.is(event.kind, 'branch-missing');
  t.regex('message' in event ? event.message : '', /has no branch main; it has .*trunk\/next/);
});

test('a path that is no repository is told, and so is one that appears later', async (t) => {
  const directory = temporaryDirectory(t);
  const source = sourceOf({ url: join(directory, 'later'), mirrorDirectory: join(directory, 'mirror') });
  t.like(await poll(source), { kind: 'unreachable', code: 'NOT_FOUND' });
  const repository = await TestRepository.create(join(directory, 'later'));
  const oid = await repository.commit({ 'a.yaml': 'one' });
  t.like(await poll(source), { kind: 'tip', revision: { id: oid } });
});

test('an object that was damaged is told, and nothing of it is believed', async (t) => {
  const { repository, open } = await bare(t);
  const oid = await repository.commit({ sites: { 'a.yaml': 'one' } });
  const source = open();
  const { files } = await source.readRevision(oid);
  const blob = files.get('sites/a.yaml')!;
  const path = join(repository.path, 'objects', blob.slice(0, 2), blob.slice(2));
  const bytes = readFileSync(path);
  rmSync(path);
  writeFileSync(path, Buffer.concat([bytes.subarray(0, 4), Buffer.from([bytes[4]! ^ 0xff]), bytes.subarray(5)]));
  await t.throwsAsync(source.readBlob(blob), { name: 'SourceError', message: new RegExp(blob) });
  rmSync(path);
  await t.throwsAsync(source.readBlob(blob), { name: 'SourceError', code: 'CORRUPT' });
});

test('a commit that is not there is GONE', async (t) => {
  const { repository, open } = await bare(t);
  const oid = await repository.commit({ 'a.yaml': 'one' });
  await t.throwsAsync(open().changes('0'.repeat(40), oid), { name: 'SourceError', code: 'GONE' });
});

function listing(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => `${name} ${statSync(join(directory, name)).mtimeMs}`)
    .sort();
}

test('a local repository is never written to', async (t) => {
  const { repository, open } = await bare(t);
  const oid = await repository.commit({ 'a.yaml': 'one' });
  const before = listing(repository.path);
  const source = open();
  await poll(source);
  await source.readRevision(oid);
  t.deepEqual(listing(repository.path), before);
});

gitTest('a working copy and a linked worktree of it are opened in place', async (t) => {
  const directory = temporaryDirectory(t);
  const work = join(directory, 'work');
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', work, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
      stdio: 'pipe',
    })
      .toString()
      .trim();
  execFileSync('git', ['init', '-q', '-b', 'main', work]);
  writeFileSync(join(work, 'a.yaml'), 'one');
  git('add', '.');
  git('commit', '-qm', 'first');
  git('worktree', 'add', '-q', join(directory, 'linked'));
  git('gc', '-q');
  for (const url of [work, join(directory, 'linked'), `file://${work}`]) {
    const source = sourceOf({ url, mirrorDirectory: join(directory, 'mirror') });
    t.like(await poll(source), { kind: 'tip', revision: { id: git('rev-parse', 'main') } }, url);
  }
});

test('a repository that is kept in a way we cannot read is refused for that, not taken for damaged', async (t) => {
  const { repository, open } = await bare(t);
  await repository.commit({ 'a.yaml': 'one' });
  writeFileSync(join(repository.path, 'objects/info/alternates'), '/elsewhere/objects\n');
  t.like(await poll(open()), { kind: 'unreachable', code: 'UNSUPPORTED' });
  rmSync(join(repository.path, 'objects/info/alternates'));
  for (const extension of ['objectformat = sha256', 'refStorage = reftable']) {
    writeFileSync(join(repository.path, 'config'), `[core]\n\tbare = true\n[extensions]\n\t${extension}\n`);
    t.like(await poll(open()), { kind: 'unreachable', code: 'UNSUPPORTED' }, extension);
  }
});

test('an ssh remote is refused with what to do instead', (t) => {
  for (const url of ['git@example.org:fleet.git', 'ssh://example.org/fleet.git']) {
    t.throws(() => sourceOf({ url, mirrorDirectory: '/nowhere' }), { code: 'UNSUPPORTED', message: /use https/ });
  }
});
