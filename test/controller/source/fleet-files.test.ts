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
    t.throws(() => parseFleetIgnore(Buffer.from(text)), { code: 'UNSUPPORTED' });
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
