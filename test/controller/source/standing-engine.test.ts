import test from 'ava';
import type { GitEngine } from '../../../controller/source/git-engine.ts';
import { standingEngine } from '../../../controller/source/standing-engine.ts';
import { StandingReader } from '../../../controller/source/standing-reader.ts';
import { nodePrograms } from '../../../platform/node/processes.ts';
import { TestRepository, temporaryDirectory } from './git-fixture.ts';
import { gitTest } from './git-test.ts';
import { gitSays } from './real-programs.ts';

const { signal } = new AbortController();
const bounds = { blobBytesMax: 200_000, objectBytesMax: 100_000, togetherBytesMax: 300_000, askedBytesMax: 900_000 };

/** Says which of its questions came to it. */
function recordingEngine(): { readonly engine: GitEngine; readonly asked: string[] } {
  const asked: string[] = [];
  const record = (what: string) => async () => {
    asked.push(what);
    return undefined as never;
  };
  const whats = [
    'fetchBranch',
    'isAncestor',
    'readBlobs',
    'readObject',
    'listTree',
    'compareTrees',
    'entryAt',
  ] as const;
  return { asked, engine: Object.fromEntries(whats.map((what) => [what, record(what)])) as unknown as GitEngine };
}

gitTest(
  'one run of git answers for objects, a few blobs and what lies at the root; all else is asked of the engine',
  async (t) => {
    const repository = await TestRepository.create(`${temporaryDirectory(t)}/fleet.git`);
    const contents = ['', 'one\n', '\0\u00ff binary\n\n', 'x'.repeat(150_000)];
    const files = Object.fromEntries(contents.map((content, at) => [`${at}`, content]));
    const commit = await repository.commit({ ...files, sites: { a: 'a' }, big: 'y'.repeat(250_000) });
    const id = (name: string) => gitSays(repository.path, 'rev-parse', name);
    let starts = 0;
    const programs: typeof nodePrograms = {
      ...nodePrograms,
      converse: (...args) => {
        starts += 1;
        return nodePrograms.converse(...args);
      },
    };
    await using reader = new StandingReader(programs, repository.path, signal);
    const { engine: other, asked } = recordingEngine();
    const engine = standingEngine(other, reader, bounds);
    const at = repository.path;
    const oids = await Promise.all(contents.map((_, name) => id(`main:${name}`)));
    const read = await engine.readBlobs(at, [...oids, oids[1]!], signal);
    t.deepEqual(
      read.map((bytes) => Buffer.from(bytes).toString()),
      [...contents, contents[1]!],
    );
    const [object, again] = await Promise.all([
      engine.readObject(at, commit, signal),
      reader.read('main^{commit}', 9_999),
    ]);
    t.like(object, { type: 'commit' });
    t.deepEqual(again, { ...object!, oid: commit });
    const tree = await id('main^{tree}');
    t.deepEqual(await engine.entryAt(at, tree, 'sites', signal), {
      path: 'sites',
      mode: '040000',
      oid: await id('main:sites'),
    });
    t.deepEqual(await engine.entryAt(at, tree, '2', signal), { path: '2', mode: '100644', oid: oids[2]! });
    t.is(await engine.entryAt(at, tree, 'none', signal), undefined);
    t.deepEqual([starts, asked], [1, []]);

    await engine.entryAt(at, tree, 'sites/a', signal);
    await engine.readObject(at, '0'.repeat(40), signal);
    await engine.readBlobs(at, [commit], signal);
    await engine.readBlobs(
      at,
      Array.from({ length: 33 }, () => oids[0]!),
      signal,
    );
    t.deepEqual(asked, ['entryAt', 'readObject', 'readBlobs', 'readBlobs']);
    t.is(starts, 1);

    const big = await id('main:big');
    const refused = { code: 'TOO_LARGE', message: new RegExp(`${big} has 250000 bytes, at most 200000 are read`) };
    await t.throwsAsync(() => engine.readBlobs(at, [big], signal), refused);
    t.like(await engine.readObject(at, commit, signal), { type: 'commit' });
    t.is(starts, 2, 'what was ended is started anew');
  },
);

test('where there is no git to start, it is tried once, and the engine is asked', async (t) => {
  let starts = 0;
  const programs: typeof nodePrograms = {
    ...nodePrograms,
    converse: (_, args, options) => {
      starts += 1;
      return nodePrograms.converse('no-such-program-here', args, options);
    },
  };
  await using reader = new StandingReader(programs, '/nowhere', signal);
  const { engine, asked } = recordingEngine();
  const standing = standingEngine(engine, reader);
  for (const oid of ['0'.repeat(40), '1'.repeat(40)]) await standing.readObject('/nowhere', oid, signal);
  t.deepEqual([starts, asked], [1, ['readObject', 'readObject']]);
});
