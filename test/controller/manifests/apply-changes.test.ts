import test from 'ava';
import { applyChanges } from '../../../controller/manifests/apply-changes.ts';
import { desiredOf, emptyManifestState } from '../../../controller/manifests/manifest-state.ts';
import {
  application,
  catalogue,
  changesOf,
  desiredFrom,
  device,
  fleet,
  harbor,
  problemsOf,
  site,
  stateOf,
} from './fleet-fixture.ts';

test('applyChanges() merges configuration in the order application, fleet, site, device', (t) => {
  const desired = desiredFrom(harbor);
  const configs = ['bridge', 'engine'].map((name) => desired.devices.get(name)!.template.applications[0]!.config);
  t.deepEqual(configs, [
    { rate: 2, where: { unit: 'bar', name: 'bridge', deck: 3 } },
    { rate: 9, where: { unit: 'bar', name: 'engine' } },
  ]);
});

test('devices of one fleet and site share one template, unless something of their own goes into it', (t) => {
  const files = (value: string) => ({
    'apps/pump.yaml': application('pump', '1.0.0', { config: { value } }),
    'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'pump' }]),
    'sites/a.yaml': site('a'),
    'sites/b.yaml': site('b', { config: { deck: 3 } }),
    'sites/c.yaml': site('c', { config: { who: '${device.name}' } }),
    ...Object.fromEntries(
      ['a', 'b', 'c'].flatMap((at) =>
        [1, 2].map((n) => [`devices/${at}${n}.yaml`, device(`${at}${n}`, { kind: 'ship' }, { site: at })]),
      ),
    ),
    'devices/own.yaml': device('own', { kind: 'ship' }, { site: 'a', config: { value: 'mine' } }),
  });
  const templates = (value: string) => {
    const { devices } = desiredFrom(files(value));
    return (name: string) => devices.get(name)!.template;
  };
  const bySite = templates('at ${site.name}');
  t.is(bySite('a1'), bySite('a2'));
  t.is(bySite('b1'), bySite('b2'));
  const configs = ['a1', 'b1', 'c1', 'c2', 'own'].map((name) => bySite(name).applications[0]!.config);
  t.deepEqual(configs, [
    { value: 'at a' },
    { value: 'at b', deck: 3 },
    { value: 'at c', who: 'c1' },
    { value: 'at c', who: 'c2' },
    { value: 'mine' },
  ]);
  const byDevice = templates('${device.name} at ${site.name}');
  t.deepEqual(byDevice('a2').applications[0]!.config, { value: 'a2 at a' });
  t.not(byDevice('a1').hash, byDevice('a2').hash);
});

test('the configuration of an application in one fleet comes after that of the fleet', (t) => {
  const desired = desiredFrom({
    ...harbor,
    'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'pump', config: { rate: 3 } }], {
      config: { rate: 2 },
    }),
  });
  t.is(desired.devices.get('bridge')!.template.applications[0]!.config.rate, 3);
});

test('a device that no fleet selects runs nothing', (t) => {
  const spare = desiredFrom(harbor).devices.get('spare')!;
  t.is(spare.fleet, undefined);
  t.deepEqual(spare.template.applications, []);
});

test('a template names the release that the catalogue has for the version', (t) => {
  const [pump] = desiredFrom(harbor).devices.get('bridge')!.template.applications;
  const release = catalogue.get('pump/1.0.0')!;
  t.like(pump, { name: 'pump', version: '1.0.0', sha256: release.sha256, length: release.length, restart: 'always' });
});

test('equal work has equal hashes, and other work another one', (t) => {
  const first = desiredFrom(harbor).devices.get('engine')!.template.hash;
  const again = desiredFrom(harbor).devices.get('engine')!.template.hash;
  const other = desiredFrom({
    ...harbor,
    'devices/engine.yaml': device('engine', { kind: 'ship' }, { config: { rate: 8 } }),
  });
  t.is(first, again);
  t.not(first, other.devices.get('engine')!.template.hash);
});

test('a change of one device leaves every other device the very same object', (t) => {
  const before = stateOf(harbor);
  const edit = { 'devices/engine.yaml': device('engine', { kind: 'ship' }, { config: { rate: 8 } }) };
  const after = applyChanges(before, changesOf(edit), catalogue);
  if (after.kind !== 'accepted') return t.fail();
  t.deepEqual([...after.affected], ['engine']);
  for (const name of ['bridge', 'spare']) {
    t.is(desiredOf(after.state).devices.get(name), desiredOf(before).devices.get(name));
  }
  t.is(
    desiredOf(before).devices.get('engine')!.template.applications[0]!.config.rate,
    9,
    'the state before is untouched',
  );
});

test('a change of a site affects the devices of that site only', (t) => {
  const after = applyChanges(
    stateOf(harbor),
    changesOf({ 'sites/aurora.yaml': site('aurora', { config: { a: 1 } }) }),
    catalogue,
  );
  t.deepEqual(after.kind === 'accepted' && [...after.affected], ['bridge']);
});

test('a change of an application affects the devices that run it', (t) => {
  const edit = { 'apps/pump.yaml': application('pump', '1.1.0') };
  const after = applyChanges(stateOf(harbor), changesOf(edit), catalogue);
  t.deepEqual(after.kind === 'accepted' && [...after.affected].sort(), ['bridge', 'engine']);
});

test('a comment changes nothing', (t) => {
  const edit = { 'devices/engine.yaml': `# a note\n${harbor['devices/engine.yaml']}` };
  const after = applyChanges(stateOf(harbor), changesOf(edit), catalogue);
  t.deepEqual(after.kind === 'accepted' && [...after.affected], []);
});

test('a removed device is affected and gone', (t) => {
  const after = applyChanges(stateOf(harbor), [{ path: 'devices/spare.yaml', file: undefined }], catalogue);
  if (after.kind !== 'accepted') return t.fail();
  t.deepEqual([...after.affected], ['spare']);
  t.false(after.state.desiredDevices.has('spare'));
});

test('a release that was signed anew reaches the devices that run it, by a change of the catalogue alone', (t) => {
  const signed = new Map(catalogue).set('pump/1.0.0', { ...catalogue.get('pump/1.0.0')!, sha256: 'f'.repeat(64) });
  const after = applyChanges(stateOf(harbor), [], signed);
  if (after.kind !== 'accepted') return t.fail();
  t.deepEqual([...after.affected].sort(), ['bridge', 'engine']);
});

test('a release that is withdrawn from the catalogue is reported where a manifest names it', (t) => {
  const rest = new Map([...catalogue].filter(([key]) => key !== 'pump/1.0.0'));
  const after = applyChanges(stateOf(harbor), [], rest);
  t.like(after, { kind: 'refused', findings: [{ file: 'apps/pump.yaml', code: 'MISSING_RELEASE' }] });
});

test('every problem of a revision is reported at once, by file, line and column', (t) => {
  const problems = problemsOf({
    ...harbor,
    'apps/pump.yaml': application('pump', '1.0.1'),
    'devices/again.yaml': device('bridge', { kind: 'ship' }, { site: 'aurorra' }),
    'sites/tab.yaml': 'apiVersion: fleet/v1alpha1\nkind: Site\nmetadata:\n\tname: tab\nspec: {}\n',
    'fleets/all.yaml': fleet('all', {}, [{ name: 'pumpp' }]),
    'fleets/none.yaml': fleet('none', { kind: 'shipp' }, [{ name: 'pump', release: '2.0.0' }]),
  });
  t.deepEqual(
    problems.map(({ file, line, column, code, message }) => `${file}:${line}:${column}: ${code} ${message}`),
    [
      'apps/pump.yaml:6:12: MISSING_RELEASE no signed release pump 1.0.1; did you mean "1.0.0"?',
      'devices/again.yaml:8:9: UNKNOWN_SITE no site "aurorra"; did you mean "aurora"?',
      'devices/bridge.yaml:4:9: DUPLICATE_NAME Device "bridge" is declared in devices/again.yaml already',
      'fleets/all.yaml:9:13: UNKNOWN_APPLICATION no application "pumpp"; did you mean "pump"?',
      'fleets/none.yaml:11:16: MISSING_RELEASE no signed release pump 2.0.0; did you mean "1.0.0"?',
      'fleets/ships.yaml:6:3: DEVICE_IN_TWO_FLEETS fleets "all" and "ships" both select 2 devices (bridge, engine)',
      'sites/tab.yaml:4:1: TAB a tab cannot indent YAML; use spaces',
    ],
  );
});

test('an unknown site names the nearest one', (t) => {
  const problems = problemsOf({
    ...harbor,
    'devices/engine.yaml': device('engine', { kind: 'ship' }, { site: 'arora' }),
  });
  t.like(problems[0], { code: 'UNKNOWN_SITE', message: 'no site "arora"; did you mean "aurora"?', line: 8, column: 9 });
  t.is(problems[0]!.excerpt, '  site: arora');
});

test('a device that two fleets select is reported with both', (t) => {
  const problems = problemsOf({ ...harbor, 'fleets/all.yaml': fleet('all', {}, [{ name: 'pump' }]) });
  t.deepEqual(
    problems.map(({ file, code, message }) => `${file} ${code} ${message}`),
    ['fleets/ships.yaml DEVICE_IN_TWO_FLEETS fleets "all" and "ships" both select 2 devices (bridge, engine)'],
  );
});

test('two devices with one key are reported', (t) => {
  const keyFingerprint = `SHA256:${'a'.repeat(43)}`;
  const problems = problemsOf({
    ...harbor,
    'devices/one.yaml': device('one', {}, { keyFingerprint }),
    'devices/two.yaml': device('two', {}, { keyFingerprint: `${keyFingerprint}=` }),
  });
  t.like(problems, [{ file: 'devices/two.yaml', code: 'DUPLICATE_FINGERPRINT' }]);
});

test('a placeholder without a value is reported where it is written, once for all devices', (t) => {
  const problems = problemsOf({
    ...harbor,
    'apps/pump.yaml': application('pump', '1.0.0', {
      config: { zone: '${device.labels.zone}' },
      args: ['${site.name}'],
    }),
  });
  t.deepEqual(
    problems.map(({ line, code, message }) => `${line} ${code} ${message}`),
    [
      '8 NO_VALUE "${device.labels.zone}" has no value for 2 devices (bridge, engine): bridge lacks the label zone (it has: kind)',
      '10 NO_VALUE "${site.name}" has no value for device engine: engine has no site',
    ],
  );
});

test('a placeholder that a later layer replaces needs no value', (t) => {
  const desired = desiredFrom({
    ...harbor,
    'apps/pump.yaml': application('pump', '1.0.0', { config: { rate: '${device.labels.zone}' } }),
  });
  t.is(desired.devices.get('bridge')!.template.applications[0]!.config.rate, 2);
});

test('a deployment that merges to more than a device takes is refused', (t) => {
  const problems = problemsOf({
    ...harbor,
    'sites/aurora.yaml': site('aurora', { config: { map: 'x'.repeat(270_000) } }),
  });
  t.like(problems, [{ file: 'fleets/ships.yaml', code: 'DEPLOYMENT_TOO_LARGE' }]);
});

test('who refers to a manifest that has a problem is not blamed for it', (t) => {
  const problems = problemsOf({
    ...harbor,
    'apps/pump.yaml': application('pump', '1.0.0').replace('release:', 'releese:'),
    'sites/aurora.yaml': 'apiVersion: fleet/v1alpha1\nkind: Site\nmetadata:\n  name: aurora\n bad: x\nspec: {}\n',
  });
  t.deepEqual([...new Set(problems.map(({ file }) => file))], ['apps/pump.yaml', 'sites/aurora.yaml']);
});

test('a file that cannot be read hides nothing that is wrong elsewhere, and is named where the missing thing may be', (t) => {
  const problems = problemsOf({
    ...harbor,
    'devices/engine.yaml': device('engine', { kind: 'ship' }, { site: 'borealis' }),
    'devices/mast.yaml': device('mast', { kind: 'ship' }, { site: 'borealis' }),
    'fleets/none.yaml': fleet('none', { kind: 'shipp' }, [{ name: 'pumpp' }]),
    'sites/huge.yaml': ' '.repeat(2_000_000),
  });
  const doubt = '; unless it is in sites/huge.yaml, which cannot be read';
  t.deepEqual(
    problems.map(({ file, line, code, message }) => `${file}:${line} ${code} ${message}`),
    [
      `devices/engine.yaml:8 UNKNOWN_SITE no site "borealis"; there is: aurora${doubt}`,
      `fleets/none.yaml:10 UNKNOWN_APPLICATION no application "pumpp"; did you mean "pump"?${doubt}`,
      'sites/huge.yaml:1 FILE_TOO_LARGE the file has 2000000 bytes, at most 1048576 are read',
    ],
  );
});

test('references of a document that has other problems are checked too, and so is its name', (t) => {
  const problems = problemsOf({
    ...harbor,
    'apps/log.yaml': application('log', '9.9.9').replace('spec:', 'specs: {}\nspec:'),
    'devices/engine.yaml': device('bridge', { kind: 'ship' }, { site: 'arora' }).replace('spec:', 'spec:\n  sit: 1'),
    'fleets/all.yaml': fleet('all', { kind: 'spare' }, [{ name: 'pumpp' }, { name: 'pump', release: '7' }], {
      probationSeconds: 0,
    }),
  });
  t.deepEqual(
    problems.map(({ file, line, code }) => `${file}:${line} ${code}`),
    [
      'apps/log.yaml:5 UNKNOWN_FIELD',
      'apps/log.yaml:7 MISSING_RELEASE',
      'devices/engine.yaml:4 DUPLICATE_NAME',
      'devices/engine.yaml:8 UNKNOWN_FIELD',
      'devices/engine.yaml:9 UNKNOWN_SITE',
      'fleets/all.yaml:10 UNKNOWN_APPLICATION',
      'fleets/all.yaml:12 MISSING_RELEASE',
      'fleets/all.yaml:13 OUT_OF_RANGE',
    ],
  );
});

test('of very many problems those are told first that others may follow from', (t) => {
  const many = Array.from({ length: 1100 }, (_, index) => [
    `devices/d${index}.yaml`,
    device(`d${index}`, {}, { site: 'nowhere' }),
  ]);
  const problems = problemsOf({ ...Object.fromEntries(many), 'sites/broken.yaml': 'kind: Application\nmetadata: [' });
  t.is(problems.length, 1001);
  t.true(problems.some(({ file }) => file === 'sites/broken.yaml'));
});

test('an empty repository is a fleet without devices', (t) => {
  const after = applyChanges(emptyManifestState, [], new Map());
  t.is(after.kind === 'accepted' && after.state.desiredDevices.size, 0);
});

test('what a manifest links travels with its digest, and a link to no release is told at its line', (t) => {
  const linking = (release: string) => ({
    ...harbor,
    'apps/pump.yaml': application('pump', '1.0.0', { links: { codec: { release } } }),
  });
  const [{ links } = {}] = desiredFrom(linking('log/1.1.0')).devices.get('engine')!.template.applications;
  const { sha256, length } = catalogue.get('log/1.1.0')!;
  t.deepEqual(links, { codec: { name: 'log', version: '1.1.0', sha256, length } });
  const [problem] = problemsOf(linking('log/9.9.9'));
  t.like(problem, { file: 'apps/pump.yaml', code: 'MISSING_RELEASE' });
  t.regex(problem?.excerpt ?? '', /release: log\/9\.9\.9/);
  t.is(problemsOf(linking('log'))[0]?.file, 'apps/pump.yaml');
});
