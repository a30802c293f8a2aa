import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import type { GitObject } from '../../../controller/source/git-engine.ts';
import { libraryEngine } from '../../../controller/source/library-engine.ts';
import { Repository } from '../../../controller/source/repository.ts';
import { trailersSince } from '../../../controller/source/trailers-since.ts';
import { portsOf, TestRepository, temporaryDirectory } from './git-fixture.ts';

async function scene(t: ExecutionContext) {
  const repository = await TestRepository.create(join(temporaryDirectory(t), 'fleet.git'));
  const opened = new Repository(libraryEngine(portsOf()), repository.path);
  const commit = (message: string, ...parents: readonly string[]) =>
    repository.commit({ 'a.yaml': message }, { parents: [...parents], message });
  return { commit, said: (from: string, to: string) => trailersSince(opened, 'Fleet-Exception', from, to) };
}

test('lines of a key are found wherever they stand in the messages of commits since, not in those before', async (t) => {
  const { commit, said } = await scene(t);
  const old = await commit('Old\n\nFleet-Exception: max-price long ago\n');
  const base = await commit('Base\n\nFleet-Exception: max-price before\n', old);
  const squashed = await commit(
    '* Two\n\nfleet-exception:  max-devices all of them \r\n\n* Three\n\nNo Fleet-Exception: x\n',
    base,
  );
  const tip = await commit('Tip\n\nFleet-Exception: max-price it must be\nSigned-off-by: Ada\n', squashed);
  t.deepEqual(await said(base, tip), ['max-price it must be', 'max-devices all of them']);
  t.deepEqual(await said(tip, tip), []);
  t.deepEqual(
    await said('f'.repeat(40), tip),
    ['max-price it must be'],
    'what is in force is gone: the tip alone counts',
  );
});

test('what a merge brings counts, and what it shares with the past does not', async (t) => {
  const { commit, said } = await scene(t);
  const fork = await commit('Fork\n\nFleet-Exception: a of the fork\n');
  const side = await commit('Side\n\nFleet-Exception: b of the side\n', fork);
  const base = await commit('Base\n\nFleet-Exception: c of the base\n', fork);
  const merge = await commit('Merge', base, side);
  t.deepEqual(await said(base, merge), ['b of the side']);
});

/** A repository of commits in memory, each with a line that names it. */
function repositoryOf(commits: readonly { readonly parents: readonly number[]; readonly at: number }[]) {
  const id = (index: number): string => index.toString(16).padStart(40, '0');
  const object = async (oid: string): Promise<GitObject | undefined> => {
    const index = Number.parseInt(oid, 16);
    const commit = commits[index];
    if (commit === undefined) return undefined;
    const parents = commit.parents.map((parent) => `parent ${id(parent)}\n`).join('');
    const who = `a <b> ${commit.at} +0000`;
    const text = `tree ${'0'.repeat(40)}\n${parents}author ${who}\ncommitter ${who}\n\nX\n\nFleet-Exception: ${index}\n`;
    return { type: 'commit', content: Buffer.from(text) };
  };
  return { id, object };
}

test('over any history whose clocks go forward, those that one commit has and the other has not are told, each once', async (t) => {
  const histories = fc
    .array(fc.record({ parents: fc.array(fc.nat(), { maxLength: 2 }), later: fc.nat(2) }), {
      minLength: 1,
      maxLength: 14,
    })
    .map((drawn) => {
      let at = 1_000;
      return drawn.map(({ parents, later }, index) => {
        at += later;
        return { at, parents: index === 0 ? [] : [...new Set(parents.map((parent) => parent % index))] };
      });
    });
  await fc.assert(
    fc.asyncProperty(histories, fc.nat(), fc.nat(), async (commits, one, other) => {
      const [from, to] = [one % commits.length, other % commits.length];
      const pastOf = (index: number): Set<number> =>
        new Set([index, ...commits[index]!.parents.flatMap((parent) => [...pastOf(parent)])]);
      const { id, object } = repositoryOf(commits);
      const known = pastOf(from);
      const expected = [...pastOf(to)].filter((index) => !known.has(index)).sort();
      const told = await trailersSince({ object }, 'Fleet-Exception', id(from), id(to));
      t.deepEqual(told.map(Number).sort(), expected);
    }),
    { numRuns: 300 },
  );
});

test('of a step over too many commits the newest counts alone', async (t) => {
  const { id, object } = repositoryOf(
    Array.from({ length: 3000 }, (_, at) => ({ at, parents: at === 0 ? [] : [at - 1] })),
  );
  t.deepEqual(await trailersSince({ object }, 'Fleet-Exception', id(0), id(2999)), ['2999']);
  t.is((await trailersSince({ object }, 'Fleet-Exception', id(1500), id(2999))).length, 100);
});
