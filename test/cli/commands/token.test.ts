import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ScenarioWorld } from '../../scenarios/scenario-world.ts';

test('a token is made, does what its scope says and no more, is listed without its secret, and counts no more once revoked', async (t) => {
  const world = new ScenarioWorld();
  t.teardown(() => world.close());
  world.makeRepository('harbor');
  await world.commit('A harbor');
  await world.startController();
  const fleet = async (...words: string[]) => (await world.fleet(words)).output;
  const made = await fleet('token', 'create', 'ada', '--scope', 'view', '--expires', '30d');
  t.regex(made, /^made the token ada, it ends 2026-.*; this is shown once, keep it:\nfleet_[\w-]{43}\n$/);
  const secret = made.trimEnd().split('\n')[1]!;
  t.regex(await fleet('status', '--set', `token=${secret}`), /aurora-bridge/);
  t.is(
    await fleet('rollout', 'pause', 'ships', '--as', 'Ada', '--set', `token=${secret}`),
    'fleet: the controller does not pause the rollout of fleet ships: ada has the scope view, and this needs operate\n',
  );
  t.is(
    await fleet('token', 'list', '--set', `token=${secret}`),
    'fleet: the controller does not do this: ada has the scope view, and this needs admin\n',
  );
  t.regex(await fleet('token', 'create', 'ada', '--scope', 'view'), /no token was made: there is a token ada: choose/);
  t.regex(await fleet('token', 'create', 'Ada!', '--scope', 'view'), /no token was made: name must match pattern/);
  t.regex(await fleet('token', 'create', 'bob', '--scope', 'all'), /--scope all: there is view, operate, admin/);
  t.regex(await fleet('token', 'create', 'bob', '--scope', 'view', '--expires', '3m'), /--expires 3m: write 12h/);
  await fleet('token', 'create', 'bob', '--scope', 'operate', '--fleet', 'ships', '--expires', 'never');
  const listed = await fleet('token', 'list');
  t.regex(listed, /^ada +view +all +counts +2026-\S+Z +2026-\S+ +installation$/m);
  t.regex(listed, /^bob +operate +fleet\/ships +counts +never +- +installation$/m);
  t.false(listed.includes(secret.slice(6, 20)));
  t.is(await fleet('token', 'revoke', 'ada'), 'revoked the token ada: it counts no more\n');
  t.regex(await fleet('status', '--set', `token=${secret}`), /the token ada was revoked .* by installation: ask/);
  t.regex(await fleet('token', 'revoke', 'eve'), /there is no token eve/);

  const audit = await fleet('audit');
  const told = audit.split('\n').map((line) => line.replace(/^\S+ +/, ''));
  t.deepEqual(told, [
    'installation  done  makeToken token/ada  from 192.0.2.1',
    'Ada by ada  refused  actOnRollout pause fleet/ships: ada has the scope view, and this needs operate  SCOPE_LACKING from 192.0.2.1',
    'ada  refused  listTokens: ada has the scope view, and this needs admin  SCOPE_LACKING from 192.0.2.1',
    'installation  refused  makeToken token/ada: there is a token ada: choose another name, or revoke that one first  TOKEN_EXISTS from 192.0.2.1',
    'installation  refused  makeToken token/Ada!: name must match pattern "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"  BAD_REQUEST from 192.0.2.1',
    'installation  done  makeToken token/bob  from 192.0.2.1',
    'installation  done  revokeToken token/ada  from 192.0.2.1',
    told[7]!,
    'installation  refused  revokeToken token/eve: there is no token eve  TOKEN_UNKNOWN from 192.0.2.1',
    '',
  ]);
  t.regex(told[7]!, /^nobody {2}refused {2}getStatus: the token ada was revoked .* {2}TOKEN_REVOKED from 192.0.2.1$/);
  t.false(audit.includes(secret.slice(6)));
  const exported = await fleet('audit', '-o', 'json');
  const file = join(world.repository, 'audit.ndjson');
  writeFileSync(file, exported);
  t.regex(await fleet('audit', '--verify', file), /^entries 1 to 9 follow each other, and none was changed/);
  writeFileSync(file, exported.replace('listTokens', 'listFleets'));
  t.deepEqual(await world.fleet(['audit', '--verify', file]), {
    ...{
      exitCode: 1,
      output:
        'fleet: /home/ada/fleet/audit.ndjson is not as it was written: entry 3 was changed: its digest is not that of what it says\n',
    },
  });
  t.regex(await fleet('audit', '-n', '2', '--set', `token=${secret}`), /token ada was revoked/);
});
