import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { allowedSignersFile } from '../../../controller/source/judge-tip.ts';
import { poll, serveGit, sourceOf, TestRepository, temporaryDirectory } from './git-fixture.ts';
import { gitTest } from './git-test.ts';

test('a commit refused in between lends nothing: a rewrite stays one until it is accepted', async (t) => {
  const directory = temporaryDirectory(t);
  const repository = await TestRepository.create(join(directory, 'fleet.git'));
  const first = await repository.commit({ 'a.yaml': '1' });
  const inForce = await repository.commit({ 'a.yaml': '2' });
  const source = sourceOf({ url: repository.path, mirrorDirectory: '' });
  const rewritten = await repository.commit({ 'a.yaml': '3' }, { parents: [first] });
  t.like(await poll(source, { judged: inForce, inForce }), { kind: 'refused', code: 'REWRITTEN' });
  const child = await repository.commit({ 'a.yaml': '4' }, { parents: [rewritten] });
  t.like(await poll(source, { judged: rewritten, inForce }), { kind: 'refused', revision: { id: child } });
  const back = await repository.commit({ 'a.yaml': '5' }, { parents: [inForce] });
  t.like(await poll(source, { judged: child, inForce }), { kind: 'tip', history: 'advanced', revision: { id: back } });
});

test('a branch set back to an older commit is held, unless the setting says to follow', async (t) => {
  const directory = temporaryDirectory(t);
  const repository = await TestRepository.create(join(directory, 'fleet.git'));
  const first = await repository.commit({ 'a.yaml': '1' });
  const inForce = await repository.commit({ 'a.yaml': '2' }, { branch: 'ahead', parents: [first] });
  const open = (rewrites: 'hold' | 'follow') => sourceOf({ url: repository.path, mirrorDirectory: '', rewrites });
  t.like(await poll(open('hold'), { inForce }), { kind: 'refused', code: 'REWRITTEN', revision: { id: first } });
  t.like(await poll(open('follow'), { inForce }), { kind: 'tip', history: 'rewritten' });
});

gitTest('a first copy is shallow, and its missing past is fetched before a branch is called rewritten', async (t) => {
  const directory = temporaryDirectory(t);
  const repository = await TestRepository.create(join(directory, 'fleet.git'));
  const old = await repository.commit({ 'a.yaml': '0' });
  for (let at = 1; at < 6; at += 1) await repository.commit({ 'a.yaml': `${at}` });
  const server = await serveGit(t, directory);
  const mirrorDirectory = join(directory, 'mirror');
  const source = sourceOf({ url: `${server.url}/fleet.git`, mirrorDirectory });
  t.is((await poll(source)).kind, 'tip');
  t.true(existsSync(join(mirrorDirectory, 'mirror.1/shallow')));
  // As after a controller's own records were restored from an older backup.
  t.like(await poll(source, { inForce: old }), { kind: 'tip', history: 'advanced' });
});

gitTest('a tip that can be read in no copy is not cloned again and again', async (t) => {
  const directory = temporaryDirectory(t);
  const repository = await TestRepository.create(join(directory, 'fleet.git'));
  await repository.commit({ 'a.yaml': '1' });
  // Git itself takes a commit without a committer; nobody can say when it was made.
  const text = `tree ${repository.idOf()}\nauthor Ada <a@x> 1 +0000\n\nno committer\n`;
  const broken = repository.write('commit', Buffer.from(text));
  execFileSync('git', ['-C', repository.path, 'update-ref', 'refs/heads/main', broken]);
  const server = await serveGit(t, directory);
  const mirrorDirectory = join(directory, 'mirror');
  const clock = { now: () => 0, monotonic: () => 0, sleep: async () => {}, after: () => ({ [Symbol.dispose]() {} }) };
  let elapsed = 0;
  const source = sourceOf(
    { url: `${server.url}/fleet.git`, mirrorDirectory },
    { clock: { ...clock, monotonic: () => elapsed } },
  );
  for (let at = 0; at < 6; at += 1) {
    elapsed += 150_000;
    t.like(await poll(source), { kind: 'unreachable', code: 'CORRUPT' });
  }
  t.deepEqual(readdirSync(mirrorDirectory), ['mirror.2'], 'one fresh copy was tried, and no more');
  const mended = await repository.commit({ 'a.yaml': '2' }, { parents: [] });
  elapsed += 150_000;
  t.like(await poll(source), { kind: 'tip', revision: { id: mended } });
});

gitTest('a list of signers inside the repository counts as the commit in force has it', async (t) => {
  const directory = temporaryDirectory(t);
  const work = join(directory, 'work');
  const keys = ['ada', 'eve'].map((name) => join(directory, name));
  for (const key of keys) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  for (const key of keys) chmodSync(key, 0o600);
  execFileSync('git', ['init', '-q', '-b', 'main', work]);
  const git = (key: string, ...args: string[]) =>
    execFileSync(
      'git',
      [
        '-c',
        'gpg.format=ssh',
        '-c',
        `user.signingKey=${key}`,
        '-c',
        'user.name=x',
        '-c',
        'user.email=x@y',
        '-C',
        work,
      ].concat(args),
      { stdio: 'pipe' },
    )
      .toString()
      .trim();
  const commit = (key: string, signers: string[]) => {
    const keyOf = (signer: string) => readFileSync(join(directory, `${signer.split(' ')[0]}.pub`), 'utf8');
    const lines = signers.map((signer) => `${signer} ${keyOf(signer)}`);
    writeFileSync(join(work, 'allowed_signers'), lines.join(''));
    git(key, 'add', '.');
    git(key, 'commit', '-q', '--allow-empty', '-S', '-m', `signers: ${signers}`);
    return git(key, 'rev-parse', 'HEAD');
  };
  const [ada, eve] = keys as [string, string];
  const list = allowedSignersFile(work, join(work, 'allowed_signers'), () => t.fail('the work tree is not asked'));
  const source = sourceOf({ url: work, mirrorDirectory: '', allowedSigners: list });
  const trusted = commit(ada, ['ada']);
  t.like(await poll(source), { kind: 'tip', signedBy: 'ada', revision: { id: trusted } });
  const unknown = commit(eve, ['eve']);
  t.like(await poll(source, { inForce: trusted }), { kind: 'refused', code: 'SIGNER_UNKNOWN' });
  const accepted = { inForce: trusted, accepted: unknown };
  t.like(await poll(source, accepted), { kind: 'tip', signedBy: 'eve' }, 'what an operator takes brings its own list');
  git(ada, 'reset', '-q', '--hard', trusted);
  const invited = commit(ada, ['ada', 'eve']);
  t.like(await poll(source, { inForce: trusted }), { kind: 'tip', revision: { id: invited } });
  const hers = commit(eve, ['eve']);
  t.like(await poll(source, { inForce: invited }), { kind: 'tip', signedBy: 'eve', revision: { id: hers } });
  t.like(await poll(source, { judged: hers, inForce: hers }), { kind: 'unchanged' });
  const retired = commit(eve, ['ada']);
  t.like(await poll(source, { inForce: hers }), { kind: 'tip', signedBy: 'eve', revision: { id: retired } });
  const known = { judged: retired, inForce: retired };
  t.like(await poll(source, known), { kind: 'unchanged' }, 'who took her own key off the list was trusted then');
  commit(eve, ['ada', 'eve']);
  t.like(await poll(source, known), { kind: 'refused', code: 'SIGNER_UNKNOWN' });
  git(ada, 'reset', '-q', '--hard', retired);
  const lapsed = commit(ada, ['ada', 'eve valid-before="20210101"']);
  process.env.GIT_COMMITTER_DATE = '2020-06-01T00:00:00Z';
  commit(eve, ['ada', 'eve']);
  delete process.env.GIT_COMMITTER_DATE;
  const backdated = { kind: 'refused', code: 'SIGNER_NOT_VALID_THEN' };
  t.like(await poll(source, { inForce: lapsed }), backdated, 'no commit is older than the one that it comes after');
  const refusalOf = async () => {
    const refused = await poll(source, known);
    t.like(refused, { kind: 'refused', code: 'ALLOWED_SIGNERS' });
    git(ada, 'reset', '-q', '--hard', retired);
    return 'message' in refused ? refused.message : '';
  };
  git(ada, 'reset', '-q', '--hard', retired);
  commit(ada, []);
  t.regex(await refusalOf(), /leaves nobody in allowed_signers/);
  git(ada, 'rm', '-q', 'allowed_signers');
  git(ada, 'commit', '-q', '-S', '-m', 'gone');
  t.regex(await refusalOf(), /takes allowed_signers away/);
});

test('a list of signers beside the files that git holds is read as it lies there', (t) => {
  const kind = (path: string) => allowedSignersFile('/srv/fleet', path, () => '').kind;
  t.deepEqual(
    ['/srv/fleet/trust/signers', '/srv/fleet/.fleet/signers', '/srv/fleet/.git/signers', '/etc/fleet/signers'].map(
      kind,
    ),
    ['inside', 'outside', 'outside', 'outside'],
  );
});
