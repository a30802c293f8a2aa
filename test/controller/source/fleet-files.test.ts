import { join } from 'node:path';
import test from 'ava';
import { parseFleetIgnore } from '../../../controller/source/fleet-ignore.ts';
import { sourceOf, TestRepository, temporaryDirectory } from './git-fixture.ts';

test('.fleetignore speaks as .gitignore does, and never hides signed metadata or releases', (t) => {
  const isIgnored = parseFleetIgnore(
    Buffer.from('# tools\n*.yml\r\n!keep.yml\n/charts/\nold/**/x.yaml\ntrust/\nreleases\n'),
  );
  const ignored = ['a.yml', 'b/a.yml', 'charts/x.yaml', 'old/1/2/x.yaml'];
  const kept = ['keep.yml', 'sub/charts/x.yaml', 'trust/1.root.json', 'releases/a/1.wasm'];
  t.deepEqual([...ignored, ...kept].filter(isIgnored), ignored);
});

test('a .fleetignore that costs too much is refused', (t) => {
  for (const text of ['x\n'.repeat(2_000), `${'*a'.repeat(9)}\n`, 'x'.repeat(70_000)])
    t.throws(() => parseFleetIgnore(Buffer.from(text)), { code: 'FILES_REFUSED' });
});

test('a commit whose files nobody goes through is refused for them: folders in folders, and a .fleetignore that costs too much', async (t) => {
  const repository = await TestRepository.create(join(temporaryDirectory(t), 'fleet.git'));
  const source = sourceOf({ url: repository.path, mirrorDirectory: '' });
  const look = () => source.poll(new AbortController().signal);
  const deep = Array.from({ length: 66 }).reduce<object>((below) => ({ d: below }), { 'a.yaml': 'a' });
  const refusals: [object, string, RegExp][] = [
    [deep, `${'d/'.repeat(65)}`, /folders nest deeper than 64$/],
    [{ '.fleetignore': 'x'.repeat(70_000) }, '.fleetignore', /^\.fleetignore has 70000 bytes; at most 65536 are read$/],
    [
      { '.fleetignore': 'x'.repeat(17 * 2 ** 20) },
      '.fleetignore',
      /^\.fleetignore has far too many bytes; at most 65536/,
    ],
  ];
  for (const [files, file, message] of refusals) {
    const id = await repository.commit(files as Parameters<typeof repository.commit>[0]);
    const event = await look();
    t.like(event, { kind: 'refused', code: 'FILES_REFUSED', file });
    if (event.kind !== 'refused') continue;
    t.is(event.revision.id, id);
    t.regex(event.message, message);
  }
  await repository.commit({ 'a.yaml': 'a' });
  t.is((await look()).kind, 'tip');
});

test('changes() follows a .fleetignore that comes, changes and goes', async (t) => {
  const repository = await TestRepository.create(join(temporaryDirectory(t), 'fleet.git'));
  const source = sourceOf({ url: repository.path, mirrorDirectory: '' });
  const files = { 'a.yaml': 'a', charts: { 'c.yaml': 'c' }, tools: { 't.yaml': 't' } };
  const steps = [
    await repository.commit(files),
    await repository.commit({ ...files, '.fleetignore': 'charts/\n' }),
    await repository.commit({ ...files, '.fleetignore': 'tools/\n', 'a.yaml': 'a2' }),
    await repository.commit({ ...files, '.fleetignore': 'tools/\n', tools: { 't.yaml': 't2' } }),
    await repository.commit({ ...files, 'a.yaml': 'a2' }),
  ];
  const told: string[][] = [];
  for (const [at, to] of steps.entries()) {
    const { files: changes } = await source.changes(steps[at - 1], to);
    told.push(changes.map(({ path, oid }) => `${oid === undefined ? '-' : '+'}${path}`));
  }
  t.deepEqual(told, [
    ['+a.yaml', '+charts/c.yaml', '+tools/t.yaml'],
    ['+.fleetignore', '-charts/c.yaml'],
    ['+.fleetignore', '+a.yaml', '+charts/c.yaml', '-tools/t.yaml'],
    ['+a.yaml'],
    ['-.fleetignore', '+a.yaml', '+tools/t.yaml'],
  ]);
});
