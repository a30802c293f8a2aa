import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { AllowedSignersError, parseAllowedSigners } from '../../../controller/source/allowed-signers.ts';
import { type Commit, parseCommit } from '../../../controller/source/commit.ts';
import { judgeSignature } from '../../../controller/source/commit-signature.ts';
import { poll, sourceOf, temporaryDirectory } from './git-fixture.ts';
import { gitTest } from './git-test.ts';
import fixtures from './signed-commits.json' with { type: 'json' };

function judge(commit: Commit, allowedSigners: string) {
  return judgeSignature(commit, () => allowedSigners);
}

type KeyName = keyof typeof fixtures;

/** Made by git with ssh-keygen; committed at 2025-10-09T08:53:20Z. */
function fixture(name: KeyName, twist: (commit: string) => string = (commit) => commit) {
  const { id, commit, key } = fixtures[name];
  return { commit: parseCommit(id, Buffer.from(twist(commit))), key };
}

for (const name of Object.keys(fixtures) as KeyName[]) {
  test(`a commit that git signed with a key of kind ${name} is trusted when the key is listed`, (t) => {
    const { commit, key } = fixture(name);
    t.deepEqual(judge(commit, `# people\n\nada@example.org ${key} her laptop\n`), {
      kind: 'trusted',
      principal: 'ada@example.org',
    });
  });

  test(`a commit signed with a key of kind ${name} is refused when a byte of it changed`, (t) => {
    const { commit, key } = fixture(name, (text) => text.replace('Body line', 'Body lime'));
    t.like(judge(commit, `ada@example.org ${key}`), { kind: 'refused', code: 'SIGNATURE_INVALID' });
  });
}

test('no single changed byte of the signed part is accepted', (t) => {
  const { id, commit, key } = fixtures.ed25519;
  const bytes = Buffer.from(commit);
  const start = bytes.indexOf('gpgsig');
  const end = bytes.indexOf('-----END SSH SIGNATURE-----');
  for (let at = 0; at < bytes.length; at += 7) {
    if (at >= start && at < end + 30) continue;
    const twisted = Buffer.from(bytes);
    twisted[at] = twisted[at]! ^ 1;
    try {
      t.is(judge(parseCommit(id, twisted), `ada ${key}`).kind, 'refused', `byte ${at}`);
    } catch (error) {
      t.like(error, { code: 'CORRUPT' });
    }
  }
});

test('a line added to the headers of a signed commit breaks its signature, whatever it looks like', (t) => {
  for (const line of ['junk', 'junk\r', 'parent\r', 'x y', 'tree\u0000']) {
    const { commit, key } = fixture('ed25519', (text) => text.replace('\nauthor', `\n${line}\nauthor`));
    t.like(judge(commit, `ada ${key}`), { code: 'SIGNATURE_INVALID' }, line);
  }
});

test('a commit shows its subject in UTF-8, its author and its time', (t) => {
  const { status } = fixture('ed25519').commit;
  t.like(status, {
    subject: 'Signed with ed25519: größer',
    author: 'Ada Lovelace',
    committedAt: '2025-10-09T08:53:20.000Z',
  });
});

test('whatever a commit says of its author and its time is shown within bounds, and costs what it is long', (t) => {
  const commitBy = (author: string, time: string) =>
    parseCommit('a'.repeat(40), Buffer.from(`tree ${'b'.repeat(40)}\nauthor ${author}\ncommitter a <b> ${time}\n\nx`))
      .status;
  // Read by trying again at every one of them, this takes longer than any test may.
  t.is(commitBy('<'.repeat(2 ** 20 - 200), '5 +0000').author, '');
  t.throws(() => commitBy('a'.repeat(2 ** 20), '5 +0000'), { code: 'TOO_LARGE', message: /at most 1048576 are read/ });
  t.is(commitBy(`${'n'.repeat(5000)} <e> 5 +0000`, '5 +0000').author.length, 200);
  t.is(commitBy('Ada <e> 5 +0000', '253402300800 +0000').committedAt, '9999-12-31T23:59:59.000Z');
  t.is(commitBy('<ada@example.org> 5 +0000', '-5 +0000').committedAt, '1970-01-01T00:00:00.000Z');
  t.throws(() => commitBy('Ada <e> 5 +0000', `${'9'.repeat(20)} +0000`), { code: 'CORRUPT' });
});

test('an unsigned commit is refused by name', (t) => {
  const { commit } = fixture('ed25519', (text) => text.replace(/gpgsig [^\n]*\n(?: [^\n]*\n)*/, ''));
  const judgement = judge(commit, '');
  t.like(judgement, { kind: 'refused', code: 'NOT_SIGNED' });
  t.regex(
    judgement.kind === 'refused' ? judgement.message : '',
    new RegExp(`${fixtures.ed25519.id.slice(0, 12)}.*größer`),
  );
});

test('a signature by a key that is not listed, or not for git, is refused', (t) => {
  const { commit, key } = fixture('ed25519');
  t.like(judge(commit, `eve@example.org ${fixtures.rsa.key}`), { code: 'SIGNER_UNKNOWN' });
  t.like(judge(commit, `ada@example.org namespaces="file,email" ${key}`), { code: 'SIGNER_UNKNOWN' });
  t.like(judge(commit, `ada@example.org namespaces="file,git" ${key}`), { kind: 'trusted' });
  t.like(judge(commit, `ada@example.org namespaces="g*" ${key}`), { kind: 'trusted' });
});

test('valid-after and valid-before are held against the time of the commit', (t) => {
  const { commit, key } = fixture('ed25519');
  const judged = (options: string) => judge(commit, `ada@example.org ${options} ${key}`);
  t.like(judged('valid-after="20251009"'), { kind: 'trusted' });
  t.like(judged('valid-after="202510090854Z"'), { code: 'SIGNER_NOT_VALID_THEN' });
  t.like(judged('valid-before="20251009085320Z"'), { code: 'SIGNER_NOT_VALID_THEN' });
  const expired = () => `ada valid-before="20261009085320Z" ${key}`;
  t.like(judgeSignature(commit, expired), { kind: 'trusted' });
  const notBefore = Date.parse('2026-12-01T00:00:00Z') / 1000;
  t.like(judgeSignature(commit, expired, notBefore), { code: 'SIGNER_NOT_VALID_THEN' }, 'a date that is set back');
  t.like(judged('valid-after="20250101",namespaces="git",valid-before="20260101"'), { kind: 'trusted' });
});

test('a signature of another kind is refused with what to do', (t) => {
  const pgp = (text: string) => text.replaceAll('SSH SIGNATURE', 'PGP SIGNATURE');
  t.like(judge(fixture('ed25519', pgp).commit, ''), { code: 'SIGNATURE_KIND' });
});

test('a list of signers with a line that cannot be honoured refuses everything, and says which line', (t) => {
  const { commit, key } = fixture('ed25519');
  for (const line of [
    `ca@example.org cert-authority ${key}`,
    'nonsense',
    `x sometimes ${key}`,
    `x valid-after="soon" ${key}`,
  ]) {
    t.throws(
      () => parseAllowedSigners(`# one\n${line}\n`),
      { instanceOf: AllowedSignersError, message: /^line 2 / },
      line,
    );
    t.like(judge(commit, `${line}\nada ${key}`), { code: 'ALLOWED_SIGNERS' });
  }
});

test('a list of signers that cannot be read trusts nobody', (t) => {
  const judgement = judgeSignature(fixture('ed25519').commit, () => {
    throw new Error('no such file');
  });
  t.like(judgement, { kind: 'refused', code: 'ALLOWED_SIGNERS' });
});

test('garbage in the place of a signature is refused, not thrown', (t) => {
  const { key } = fixtures.ed25519;
  for (const junk of ['', 'AAAA', 'U1NIU0lHAAAAAf////8=', 'U1NIU0lHAAAAAQ==']) {
    const { commit } = fixture('ed25519', (text) =>
      text.replace(/(BEGIN SSH SIGNATURE-----\n)[^-]*( -----END)/, `$1 ${junk}\n$2`),
    );
    t.like(judge(commit, `ada ${key}`), { code: 'SIGNATURE_INVALID' }, junk);
  }
});

gitTest(
  'a source that requires signatures refuses a tip that is not signed and takes one that git signed',
  async (t) => {
    if (spawnSync('ssh-keygen', ['-?']).error !== undefined) {
      t.log('skipped: ssh-keygen is not installed');
      return t.pass();
    }
    const directory = temporaryDirectory(t);
    const work = join(directory, 'work');
    mkdirSync(work);
    const key = join(directory, 'key');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key]);
    const settings = {
      'user.name': 'Ada',
      'user.email': 'ada@example.org',
      'gpg.format': 'ssh',
      'user.signingkey': `${key}.pub`,
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', work, ...flags, ...args], { stdio: 'pipe' })
        .toString()
        .trim();
    git('init', '-q', '-b', 'main');
    git('commit', '-q', '--allow-empty', '--no-gpg-sign', '-m', 'unsigned');
    const unsigned = git('rev-parse', 'HEAD');
    let signers = `ada@example.org ${readFileSync(`${key}.pub`, 'utf8')}`;
    const source = sourceOf({
      url: work,
      mirrorDirectory: join(directory, 'mirror'),
      allowedSigners: { kind: 'outside', read: () => signers },
    });
    t.like(await poll(source), { kind: 'refused', code: 'NOT_SIGNED', revision: { id: unsigned } });
    git('commit', '-q', '--allow-empty', '-S', '-m', 'signed');
    t.like(await poll(source, unsigned), { kind: 'tip', signedBy: 'ada@example.org', history: 'advanced' });
    t.like(await poll(source, unsigned), { kind: 'tip' });

    const signed = git('rev-parse', 'HEAD');
    t.deepEqual(await poll(source, signed), { kind: 'unchanged', tip: signed });
    signers = '';
    t.like(await poll(source, signed), { kind: 'refused', revision: { id: signed } }, 'the signer is trusted no more');
  },
);
