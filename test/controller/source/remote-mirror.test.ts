import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { SourcePorts } from '../../../controller/source/source.ts';
import { nodeThreads } from '../../../platform/node/threads.ts';
import { inTurns } from '../../hunt.ts';
import { poll, serveGit, sourceOf, TestRepository, temporaryDirectory, textAt } from './git-fixture.ts';
import { gitTest } from './git-test.ts';
import { realPrograms } from './real-programs.ts';

/** Who does git's work: that the library gives the same answers from a thread is shown in `git-engine.test.ts`. */
const engines: Readonly<Record<string, Partial<SourcePorts>>> = {
  'the library': {},
  'the git program': { programs: realPrograms },
};

/** For what a thread may do differently: how it ends, and how an error comes over from it. A thread costs its start. */
const enginesAndThread = { ...engines, 'the library on a thread': { threads: nodeThreads } };

type Scene = Awaited<ReturnType<typeof remote>>;

let turn = 0;

/** All of these talk to the server that comes with git, by each engine: in the test run by one, in turns. */
function test(
  title: string,
  body: (t: ExecutionContext, remote: (options?: RemoteOptions) => Promise<Scene>) => Promise<void>,
  by: Readonly<Record<string, Partial<SourcePorts>>> = engines,
): void {
  for (const [engine, ports] of inTurns(Object.entries(by), turn++)) {
    gitTest(`${title}, by ${engine}`, (t) => body(t, (options = {}) => remote(t, options, ports)));
  }
}

interface RemoteOptions {
  readonly token?: string;
  readonly packsMax?: number;
}

async function remote(t: ExecutionContext, options: RemoteOptions, ports: Partial<SourcePorts>) {
  const directory = temporaryDirectory(t);
  const repository = await TestRepository.create(join(directory, 'fleet.git'));
  const server = await serveGit(t, directory, options.token);
  const mirrorDirectory = join(directory, 'mirror');
  const open = (more: { readonly token?: string } = {}) =>
    sourceOf({ url: `${server.url}/fleet.git`, mirrorDirectory, ...options, ...more }, ports);
  return { repository, server, open, mirrorDirectory };
}

/** Names of the files of the packs of the mirror. */
function packs(mirrorDirectory: string): string[] {
  const generations = readdirSync(mirrorDirectory).filter((name) => !name.endsWith('.partial'));
  return generations
    .flatMap((name) => readdirSync(join(mirrorDirectory, name, 'objects/pack')))
    .filter((name) => name.endsWith('.pack'));
}

test('a remote branch is followed commit by commit', async (t, remote) => {
  const { repository, open } = await remote();
  const first = await repository.commit({ 'a.yaml': 'one' });
  const source = open();
  t.like(await poll(source), { kind: 'tip', history: 'first', revision: { id: first } });
  const second = await repository.commit({ 'a.yaml': 'two', 'b.yaml': 'b' });
  t.like(await poll(source, first), { kind: 'tip', history: 'advanced', revision: { id: second } });
  const { files: changes } = await source.changes(first, second);
  t.deepEqual(
    changes.map(({ path }) => path),
    ['a.yaml', 'b.yaml'],
  );
  t.is(await textAt(source, changes[0]!.oid!), 'two');
});

test('a poll with nothing new fetches nothing, also after a restart', async (t, remote) => {
  const { repository, server, open, mirrorDirectory } = await remote();
  const oid = await repository.commit({ 'a.yaml': 'one' });
  t.is((await poll(open())).kind, 'tip');
  const before = packs(mirrorDirectory);
  server.requests.length = 0;
  t.deepEqual(await poll(open(), oid), { kind: 'unchanged', tip: oid });
  t.deepEqual(server.requests, ['/fleet.git/info/refs?service=git-upload-pack', '/fleet.git/git-upload-pack']);
  t.deepEqual(packs(mirrorDirectory), before);
});

test('a fetch brings only what is new', async (t, remote) => {
  const { repository, server, open } = await remote();
  const noise = Array.from({ length: 40 }, (_, index) => [`${index}.yaml`, Math.random().toString(36).repeat(50)]);
  const first = await repository.commit(Object.fromEntries(noise));
  const source = open();
  await poll(source);
  await repository.commit({ ...Object.fromEntries(noise), 'a.yaml': 'two' });
  const sizes: number[] = [];
  server.twist = (body) => {
    sizes.push(body.length);
    return body;
  };
  t.is((await poll(source, first)).kind, 'tip');
  t.true(Math.max(...sizes) < 3_000, `the largest answer has ${Math.max(...sizes)} bytes`);
});

test('a tip that is judged again is not fetched again', async (t, remote) => {
  const { repository, server, open, mirrorDirectory } = await remote();
  const oid = await repository.commit({ 'a.yaml': 'one' });
  t.is((await poll(open())).kind, 'tip');
  const before = packs(mirrorDirectory);
  server.requests.length = 0;
  t.like(await poll(open()), { kind: 'tip', revision: { id: oid } });
  t.deepEqual(server.requests, ['/fleet.git/info/refs?service=git-upload-pack', '/fleet.git/git-upload-pack']);
  t.deepEqual(packs(mirrorDirectory), before);
});

test('a force-push is held back and told until the new tip is accepted', async (t, remote) => {
  const { repository, open } = await remote();
  const first = await repository.commit({ 'a.yaml': 'one' });
  const second = await repository.commit({ 'a.yaml': 'two' });
  const source = open();
  await poll(source);
  const third = await repository.commit({ 'a.yaml': 'three' }, { parents: [first] });
  const known = { judged: second, inForce: second };
  const held = await poll(source, known);
  t.like(held, { kind: 'refused', code: 'REWRITTEN', history: 'rewritten', revision: { id: third } });
  t.regex('message' in held ? held.message : '', new RegExp(`fleet source accept ${third.slice(0, 12)}$`));
  t.like(await poll(source, { ...known, accepted: third }), { kind: 'tip', history: 'rewritten' });
  t.like(await poll(source, { ...known, accepted: first }), { kind: 'refused' }, 'only the very commit is accepted');
});

test('a branch that vanishes is told, and followed again when it is back', async (t, remote) => {
  const { repository, open } = await remote();
  const oid = await repository.commit({ 'a.yaml': 'one' });
  await repository.commit({ 'a.yaml': 'one' }, { branch: 'other', parents: [oid] });
  const source = open();
  await poll(source);
  execFileSync('git', ['-C', repository.path, 'update-ref', '-d', 'refs/heads/main']);
  const event = await poll(source, oid);
  t.like(event, { kind: 'branch-missing' });
  t.regex('message' in event ? event.message : '', /no branch main; it has other/);
  t.is((await source.readRevision(oid)).files.size, 1, 'the last good revision is still at hand');
  const back = await repository.commit({ 'a.yaml': 'two' }, { parents: [oid] });
  t.like(await poll(source, oid), { kind: 'tip', history: 'advanced', revision: { id: back } });
});

test('a repository without a commit is empty, not broken', async (t, remote) => {
  const { open } = await remote();
  t.is((await poll(open())).kind, 'empty');
});

test(
  'a server that is down is unreachable, and the last good revision stays readable',
  async (t, remote) => {
    const { repository, server, open } = await remote();
    const oid = await repository.commit({ 'a.yaml': 'one' });
    const source = open();
    await poll(source);
    await server.close();
    t.like(await poll(source, oid), { kind: 'unreachable', code: 'UNREACHABLE' });
    t.is((await source.readRevision(oid)).info.id, oid);
  },
  enginesAndThread,
);

test('a token is sent, and a wrong one is told as such', async (t, remote) => {
  const { repository, open } = await remote({ token: 'secret' });
  await repository.commit({ 'a.yaml': 'one' });
  t.is((await poll(open())).kind, 'tip');
  const refused = await poll(open({ token: 'wrong' }));
  t.like(refused, { kind: 'unreachable', code: 'NOT_AUTHORIZED' });
  t.false(JSON.stringify(refused).includes('wrong'));
});

test('credentials in the address are used and never shown', async (t, remote) => {
  const { repository, server, mirrorDirectory } = await remote({ token: 'secret' });
  await repository.commit({ 'a.yaml': 'one' });
  const source = sourceOf({ url: `${server.url.replace('://', '://git:secret@')}/fleet.git`, mirrorDirectory });
  t.is((await poll(source)).kind, 'tip');
  t.false(source.location.includes('secret'));
});

test('a repository that is not there is told as such', async (t, remote) => {
  const { server, mirrorDirectory } = await remote();
  t.like(await poll(sourceOf({ url: `${server.url}/nothing.git`, mirrorDirectory })), {
    kind: 'unreachable',
    code: 'NOT_FOUND',
  });
});

test(
  'a pack that was damaged on the way is refused, leaves nothing behind, and a good one is taken afterwards',
  async (t, remote) => {
    const { repository, server, open, mirrorDirectory } = await remote();
    const first = await repository.commit({ 'a.yaml': 'one' });
    const source = open();
    await poll(source);
    const second = await repository.commit({ 'a.yaml': 'two', 'b.yaml': randomBytes(4000).toString('base64') });
    const before = packs(mirrorDirectory);
    for (const from of [0.1, 0.5, 0.9]) {
      server.twist = (body) => {
        if (!body.includes('PACK')) return body;
        const twisted = Buffer.from(body);
        const start = body.indexOf('PACK');
        const at = start + Math.floor((body.length - start) * from);
        twisted[at] = twisted[at]! ^ 0x55;
        return twisted;
      };
      const event = await poll(source, first);
      t.is(event.kind, 'unreachable', JSON.stringify(event));
      t.deepEqual(packs(mirrorDirectory), before);
    }
    server.twist = undefined;
    t.like(await poll(source, first), { kind: 'tip', revision: { id: second } });
    t.is((await source.readRevision(second)).files.size, 2);
  },
  enginesAndThread,
);

test('an answer that is cut off, is a web page, or names no commit is refused', async (t, remote) => {
  const { repository, server, open } = await remote();
  await repository.commit({ 'a.yaml': 'one' });
  const twists: ((body: Buffer) => Buffer)[] = [
    (body) => body.subarray(0, body.length / 2),
    () => Buffer.from('<html>Please log in</html>'),
    (body) => Buffer.from(body.toString('latin1').replaceAll(/[0-9a-f]{40} refs/g, `${'z'.repeat(40)} refs`), 'latin1'),
  ];
  for (const twist of twists) {
    server.twist = twist;
    t.is((await poll(open())).kind, 'unreachable');
  }
  server.twist = undefined;
  t.is((await poll(open())).kind, 'tip');
});

test(
  'an aborted poll ends at once, also while the server is silent',
  async (t, remote) => {
    const { repository, server, open } = await remote();
    await repository.commit({ 'a.yaml': 'one' });
    server.interfere = () => true;
    const controller = new AbortController();
    const polling = open().poll(controller.signal);
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await t.throwsAsync(polling, { message: 'enough' });
  },
  enginesAndThread,
);

test('packs are bounded: when there are too many the repository is cloned anew and the old copy removed', async (t, remote) => {
  const { repository, open, mirrorDirectory } = await remote({ packsMax: 2 });
  const source = open();
  let tip: string | undefined;
  for (let index = 0; index < 5; index += 1) {
    const oid = await repository.commit({ 'a.yaml': `${index}` });
    t.like(await poll(source, tip), { kind: 'tip', revision: { id: oid } });
    tip = oid;
    t.true(packs(mirrorDirectory).length <= 2);
    t.is(readdirSync(mirrorDirectory).length, 1);
  }
  t.like(await source.changes(undefined, tip!), { files: [{ path: 'a.yaml' }] });
});

test('a mirror that a power cut damaged is cloned anew by itself', async (t, remote) => {
  const { repository, open, mirrorDirectory } = await remote();
  const first = await repository.commit({ 'a.yaml': 'one' });
  await poll(open());
  const [pack] = packs(mirrorDirectory);
  truncateSync(join(mirrorDirectory, 'mirror.1/objects/pack', pack!), 20);
  const source = open();
  await t.throwsAsync(source.readRevision(first), { code: 'CORRUPT' });
  t.deepEqual(await poll(source, first), { kind: 'unchanged', tip: first });
  t.is((await source.readRevision(first)).files.size, 1);
  t.deepEqual(readdirSync(mirrorDirectory), ['mirror.2']);
});

test('a torn branch file of the mirror does not stop it', async (t, remote) => {
  const { repository, open, mirrorDirectory } = await remote();
  const first = await repository.commit({ 'a.yaml': 'one' });
  await poll(open());
  writeFileSync(join(mirrorDirectory, 'mirror.1/refs/heads/main'), '');
  const second = await repository.commit({ 'a.yaml': 'two' });
  t.like(await poll(open(), first), { kind: 'tip', revision: { id: second } });
});

/** One of the ways in which an answer goes wrong, chosen by `pick`. */
function spoiled(body: Buffer, pick: (below: number) => number): Buffer {
  const twisted = Buffer.from(body);
  const at = pick(Math.max(body.length, 1));
  switch (pick(5)) {
    case 0:
      return twisted.subarray(0, at);
    case 1:
      return Buffer.concat([twisted.subarray(0, at), twisted.subarray(at + 1 + pick(20))]);
    case 2:
      return Buffer.concat([twisted, twisted.subarray(at)]);
    case 3:
      return body;
    default:
      if (body.length > 0) twisted[at] = twisted[at]! ^ (1 << pick(8));
      return twisted;
  }
}

/** Spoiled answers; `FLEET_ROUNDS=500` hunts for longer. */
const rounds = Number(process.env.FLEET_ROUNDS ?? 6);

test('whatever a server answers, no tip is told that is not whole, and honest answers heal everything', async (t, remote) => {
  const { repository, server, open, mirrorDirectory } = await remote();
  const source = open();
  let state = 20261121;
  const pick = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let tip: string | undefined;
  let refused = 0;
  for (let round = 0; round < rounds; round += 1) {
    const text = randomBytes(600).toString('base64');
    const oid = await repository.commit({ 'a.yaml': text, sites: { 'b.yaml': `${round}` } });
    server.twist = (body) => spoiled(body, pick);
    const event = await poll(source, tip);
    server.twist = undefined;
    if (event.kind !== 'tip') {
      refused += 1;
      t.like(
        await poll(source, tip),
        { kind: 'tip', revision: { id: oid } },
        `round ${round} after ${JSON.stringify(event)}`,
      );
    }
    const { info, files } = await source.readRevision(oid);
    t.is(info.id, oid);
    t.is(await textAt(source, files.get('a.yaml')!), text);
    tip = oid;
  }
  t.is(readdirSync(mirrorDirectory).length, 1);
  t.true(refused > rounds / 3, `${refused} of ${rounds} answers were refused`);
});
