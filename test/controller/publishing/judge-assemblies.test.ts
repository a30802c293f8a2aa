import test from 'ava';
import { emptyManifestState } from '../../../controller/manifests/manifest-state.ts';
import { judgeAssemblies, type ReadModule } from '../../../controller/publishing/judge-assemblies.ts';
import { adder, caller } from '../../device-agent/runtime/linked-modules.ts';
import { buildModule, printer } from '../../device-agent/runtime/module-builder.ts';
import { application, device, fleet, stateOf } from '../manifests/fleet-fixture.ts';

const files = {
  'apps/pump.yaml': application('pump', '1.0.0', { links: { codec: { release: 'log/1.0.0' } } }),
  'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'pump', release: '1.1.0' }]),
  'devices/engine.yaml': device('engine', { kind: 'ship' }),
};
const modules: Readonly<Record<string, Uint8Array>> = {
  'pump/1.0.0': caller,
  'pump/1.1.0': caller,
  'log/1.0.0': adder,
};

/** A reader of releases, and how many it has read. */
function reader(changes: Readonly<Record<string, Uint8Array>> = {}): { readonly read: ReadModule; count(): number } {
  let count = 0;
  const read: ReadModule = async ({ name, version }) => {
    count += 1;
    return { ...modules, ...changes }[`${name}/${version}`];
  };
  return { read, count: () => count };
}

test('an application whose links give what it imports is right, in every release that a fleet runs', async (t) => {
  t.deepEqual(await judgeAssemblies(stateOf(files), emptyManifestState, reader().read), []);
  const found = await judgeAssemblies(stateOf(files), emptyManifestState, reader({ 'pump/1.1.0': printer('') }).read);
  t.deepEqual(
    found.map(({ file, path, code }) => [file, path, code]),
    [['apps/pump.yaml', ['spec', 'links', 'codec', 'release'], 'APPLICATION_CANNOT_RUN']],
  );
});

test('a link that lacks what is imported is told where the release that imports is named', async (t) => {
  const [first] = await judgeAssemblies(stateOf(files), emptyManifestState, reader({ 'log/1.0.0': caller }).read);
  t.like(first, { file: 'fleets/ships.yaml', path: ['spec', 'applications', 0, 'release'] });
  t.regex(first?.message ?? '', /^pump 1\.1\.0 cannot run so: it imports codec\.f, which the module linked as codec/);
});

test('a release that starts with more memory than the manifest gives is told where it is named, anew for every limit', async (t) => {
  const limited = (memory?: string) =>
    stateOf({
      ...files,
      'apps/pump.yaml': application('pump', '1.0.0', memory === undefined ? {} : { limits: { memory } }),
    });
  const large = buildModule({ functions: { _start: [] }, pages: 8192 });
  const { read, count } = reader({ 'pump/1.0.0': printer(''), 'pump/1.1.0': large });
  const raised = limited('512MiB');
  t.deepEqual(await judgeAssemblies(raised, emptyManifestState, read), []);
  const before = count();
  const [found, ...others] = await judgeAssemblies(limited(), raised, read);
  t.is(count(), before + 2);
  t.deepEqual(others, []);
  t.like(found, { file: 'fleets/ships.yaml', path: ['spec', 'applications', 0, 'release'] });
  const reason = 'it starts with 8192 pages of memory (64 KiB each), limits.memory of its application allows 1024';
  t.is(found?.message, `pump 1.1.0 cannot run so: ${reason}`);
});

test('what the revision before has too is not read again', async (t) => {
  const before = stateOf(files);
  const changed = {
    ...files,
    'apps/pump.yaml': application('pump', '1.0.0', { links: { codec: { release: 'log/1.1.0' } } }),
  };
  const { read, count } = reader({ 'log/1.1.0': adder });
  t.deepEqual(await judgeAssemblies(before, before, read), []);
  t.is(count(), 0);
  t.deepEqual(await judgeAssemblies(stateOf(changed), before, read), []);
  t.is(count(), 4);
});

test('a release that a device alone is held at is judged as its application runs it, once, and told at the hold', async (t) => {
  const at = (name: string, release: string) => ({
    [`devices/${name}.yaml`]: device(name, { kind: 'ship' }, { hold: { releases: { log: release }, reason: 'trial' } }),
  });
  const state = stateOf({
    'apps/log.yaml': application('log', '1.0.0'),
    'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'log' }]),
    ...{ ...at('one', '1.1.0'), ...at('two', '1.1.0'), ...at('three', '1.0.0') },
  });
  const { read, count } = reader({ 'log/1.0.0': printer(''), 'log/1.1.0': caller });
  const found = await judgeAssemblies(state, emptyManifestState, read);
  t.is(found.length, 1);
  t.is(count(), 2);
  t.like(found[0], { code: 'APPLICATION_CANNOT_RUN', path: ['spec', 'hold', 'releases', 'log'] });
  t.regex(found[0]?.file ?? '', /^devices\/(one|two)\.yaml$/);
});
