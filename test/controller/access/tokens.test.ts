import test from 'ava';
import type { Caller, NotLetIn } from '../../../controller/access/caller.ts';
import { digestOf, type KeptToken, secretOf } from '../../../controller/access/token.ts';
import { Tokens, type TokenWrite, tokensMax } from '../../../controller/access/tokens.ts';

const dayMs = 86_400_000;
const secret = (n: number): string => secretOf(new Uint8Array(32).fill(n));

function stage(kept: Iterable<KeptToken> = []) {
  const world = { now: Date.parse('2026-03-01T12:00:00Z'), canWrite: true };
  const rows = new Map<string, KeptToken>();
  const written: TokenWrite[] = [];
  const write = ({ name, token }: TokenWrite): void => {
    written.push({ name, ...(token && { token }) });
    if (token === undefined) rows.delete(name);
    else rows.set(name, token);
  };
  const tokens = new Tokens(kept, {
    now: () => world.now,
    keep: async (writes) => {
      if (!world.canWrite) throw new Error('the disk is full');
      writes.forEach(write);
    },
    note: write,
  });
  return { tokens, world, rows, written };
}

const codeOf = (answer: Caller | NotLetIn | undefined) => (answer && 'code' in answer ? answer.code : answer?.name);

test('a token lets in who shows its secret, with its scope and limits, and is kept as a digest alone', async (t) => {
  const { tokens, rows } = stage();
  await tokens.make({ name: 'ada', scope: 'operate', fleets: ['ships'] }, 'installation', secret(1));
  t.deepEqual(tokens.whoShows(secret(1)), { name: 'ada', kind: 'token', scope: 'operate', fleets: ['ships'] });
  for (const other of [secret(2), `${secret(1)}A`, '', rows.get('ada')!.sha256])
    t.is(tokens.whoShows(other), undefined);
  t.false(JSON.stringify([...rows.values()]).includes(secret(1).slice(6)));
  const { tokens: next } = stage(rows.values());
  t.is(codeOf(next.whoShows(secret(1))), 'ada', 'the next life knows it by its row');
});

test('one that expired or was revoked is refused with the reason, also by the next life', async (t) => {
  const { tokens, world, rows } = stage();
  await tokens.make({ name: 'ada', scope: 'view', lifetimeMs: dayMs }, 'installation', secret(1));
  await tokens.make({ name: 'bob', scope: 'view' }, 'installation', secret(2));
  await tokens.revoke('bob', 'carol');
  t.like(tokens.whoShows(secret(2)), { status: 401, code: 'TOKEN_REVOKED' });
  t.regex((tokens.whoShows(secret(2)) as NotLetIn).message, /token bob was revoked 2026-03-01T12:00:00.000Z by carol/);
  world.now += dayMs - 1;
  t.is(codeOf(tokens.whoShows(secret(1))), 'ada');
  world.now += 1;
  t.is(codeOf(tokens.whoShows(secret(1))), 'TOKEN_EXPIRED');
  const { tokens: next } = stage(rows.values());
  t.is(codeOf(next.whoShows(secret(2))), 'TOKEN_REVOKED');
  t.like(await tokens.revoke('nobody', 'carol'), { code: 'TOKEN_UNKNOWN' });
});

test('what could not be written was not made, nor revoked', async (t) => {
  const { tokens, world } = stage();
  await tokens.make({ name: 'ada', scope: 'view' }, 'installation', secret(1));
  world.canWrite = false;
  await t.throwsAsync(tokens.make({ name: 'bob', scope: 'view' }, 'installation', secret(2)));
  await t.throwsAsync(tokens.revoke('ada', 'carol'));
  t.deepEqual([codeOf(tokens.whoShows(secret(1))), tokens.whoShows(secret(2))], ['ada', undefined]);
  world.canWrite = true;
  t.like(await tokens.make({ name: 'bob', scope: 'view' }, 'installation', secret(2)), { name: 'bob' });
});

test('a name is of one token that counts, however close together two ask for it, and free again when that has ended', async (t) => {
  const { tokens } = stage();
  const both = await Promise.all(
    [1, 2].map((n) => tokens.make({ name: 'ada', scope: 'view' }, 'installation', secret(n))),
  );
  t.like(both, [{ name: 'ada' }, { code: 'TOKEN_EXISTS' }]);
  t.is(tokens.whoShows(secret(2)), undefined);
  t.like(await tokens.make({ name: 'installation', scope: 'view' }, 'ada', secret(3)), { code: 'TOKEN_NAME' });
  await tokens.revoke('ada', 'carol');
  t.like(await tokens.make({ name: 'ada', scope: 'admin' }, 'installation', secret(4)), { scope: 'admin' });
  t.is(tokens.whoShows(secret(1)), undefined, 'the one before is nobody');
});

test('the use of a token is written once a day, and not over what is being written', async (t) => {
  const { tokens, world, written } = stage();
  await tokens.make({ name: 'ada', scope: 'view' }, 'installation', secret(1));
  for (let n = 0; n < 3; n += 1) tokens.whoShows(secret(1));
  t.deepEqual(
    written.map(({ token }) => token?.usedOn),
    [undefined, '2026-03-01'],
  );
  world.now += dayMs;
  const revoking = tokens.revoke('ada', 'carol');
  tokens.whoShows(secret(1));
  await revoking;
  t.is(codeOf(tokens.whoShows(secret(1))), 'TOKEN_REVOKED');
  t.deepEqual(written.length, 3);
});

test('there is an end to how many count, and those that ended long ago are forgotten', async (t) => {
  const made = (n: number, more: Partial<KeptToken> = {}): KeptToken => ({
    ...{ name: `t-${n}`, sha256: digestOf(secretOf(Buffer.from(String(n).padEnd(32))))!, scope: 'view' },
    ...{ madeBy: 'ada', madeAt: 0, ...more },
  });
  const full = stage(Array.from({ length: tokensMax }, (_, n) => made(n)));
  t.like(await full.tokens.make({ name: 'one-more', scope: 'view' }, 'ada', secret(1)), { code: 'TOKENS_FULL' });
  await full.tokens.revoke('t-7', 'ada');
  t.like(await full.tokens.make({ name: 'one-more', scope: 'view' }, 'ada', secret(1)), { name: 'one-more' });
  const { tokens, written } = stage([made(1, { expiresAt: 1 }), made(2)]);
  await tokens.make({ name: 'ada', scope: 'view' }, 'ada', secret(2));
  t.deepEqual(
    tokens.list().map(({ name }) => name),
    ['ada', 't-2'],
  );
  t.deepEqual(written[0], { name: 't-1' });
});
