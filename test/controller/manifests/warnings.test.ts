/** What is most likely not meant, and refuses nothing. */
import test from 'ava';
import { applyChanges } from '../../../controller/manifests/apply-changes.ts';
import type { LinkCarries } from '../../../schemas/generated/types.ts';
import {
  application,
  catalogue,
  changesOf,
  device,
  type Files,
  fleet,
  harbor,
  problemsOf,
  site,
  stateOf,
  warningsOf,
} from './fleet-fixture.ts';

test('a channel that nobody of its fleet reads is warned of where it is written, unless it is for the shore', (t) => {
  const warned = (pump: object, radio: object, fleets: Files = {}) =>
    warningsOf({
      'apps/pump.yaml': application('pump', '1.0.0', { channels: pump }),
      'apps/radio.yaml': application('radio', '1.0.0', { channels: radio }),
      'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'pump' }, { name: 'radio' }]),
      'devices/bridge.yaml': device('bridge', { kind: 'ship' }),
      ...fleets,
    }).map(({ code, file, line }) => `${code} ${file}:${line}`);
  const writes = { out: { alarms: {} } };
  t.deepEqual(warned(writes, {}), ['CHANNEL_UNREAD apps/pump.yaml:9']);
  t.deepEqual(warned(writes, { in: { alarms: {} } }), []);
  t.deepEqual(warned({ out: { alarms: { shore: {} } } }, {}), []);
  const alone = {
    'fleets/trucks.yaml': fleet('trucks', { kind: 'truck' }, [{ name: 'pump' }]),
    'devices/truck.yaml': device('truck', { kind: 'truck' }),
  };
  t.deepEqual(warned(writes, { in: { alarms: {} } }, alone), ['CHANNEL_UNREAD apps/pump.yaml:9']);
  t.deepEqual(warned(writes, {}, { 'apps/broken.yaml': 'apiVersion: fleet/v1alpha1\nkind: [Application\n' }), []);
});

function selectorWarnings(files: Files): string[] {
  return warningsOf(files)
    .filter(({ code }) => code === 'SELECTOR_MATCHES_NOTHING')
    .map(({ file, line, message }) => `${file}:${line} ${message}`);
}

test('a fleet that selects nobody yet is warned of with the labels there are, and refuses nothing', (t) => {
  const files = { ...harbor, 'fleets/none.yaml': fleet('none', { kind: 'truck' }, []) };
  t.true(stateOf(files).fleets.has('none'));
  t.deepEqual(selectorWarnings(files), [
    'fleets/none.yaml:8 the selector matches no device: kind is one of: ship, spare',
  ]);
});

for (const [what, text] of [
  ['a misspelt field', device('truck', { kind: 'truck' }).replace('labels', 'lables')],
  ['broken syntax', device('truck', { kind: 'truck' }).replace('spec:', '\tspec:')],
] as const) {
  test(`a selector is not blamed while a device with ${what} may be what it selects`, (t) => {
    const files = {
      ...harbor,
      'fleets/trucks.yaml': fleet('trucks', { kind: 'truck' }, []),
      'devices/truck.yaml': text,
    };
    t.deepEqual([...new Set(problemsOf(files).map(({ file }) => file))], ['devices/truck.yaml']);
    t.deepEqual(selectorWarnings(files), []);
    const wrong = { ...files, 'fleets/trucks.yaml': fleet('trucks', { kind: 'lorry' }, []) };
    t.is(selectorWarnings(wrong).length, 1);
  });
}

function strayWarnings(files: Files): string[] {
  return warningsOf(files)
    .filter(({ code }) => code === 'DEVICE_WITHOUT_FLEET' || code === 'IDLE_DEVICE_SELECTED')
    .map(({ file, line, code, message }) => `${file}:${line} ${code} ${message}`);
}

const unhoused = {
  ...harbor,
  'devices/spare.yaml': device('spare', { kind: 'spare' }, { idle: true }),
};

test('a slip in a label that takes a device out of its fleet is warned of, at the labels, with those that fleets want', (t) => {
  t.deepEqual(strayWarnings(unhoused), []);
  const slipped = { ...unhoused, 'devices/engine.yaml': device('engine', { kind: 'shp' }) };
  t.deepEqual(strayWarnings(slipped), [
    'devices/engine.yaml:5 DEVICE_WITHOUT_FLEET no fleet selects device engine, nothing runs there (fleets select by kind=ship); ' +
      'mend its labels or a selector, or say spec.idle: true where that is meant',
  ]);
  t.true(stateOf(slipped).desiredDevices.has('engine'));
});

test('a warning about devices is of the whole revision, whatever of it changed', (t) => {
  const slipped = { ...unhoused, 'devices/engine.yaml': device('engine', { kind: 'shp' }) };
  const path = 'apps/pump.yaml';
  const after = applyChanges(stateOf(slipped), changesOf({ [path]: application('pump', '1.1.0') }), catalogue);
  t.deepEqual(
    after.warnings.map(({ code }) => code),
    ['DEVICE_WITHOUT_FLEET'],
  );
  const mended = applyChanges(
    stateOf(slipped),
    changesOf({ 'devices/engine.yaml': harbor['devices/engine.yaml']! }),
    catalogue,
  );
  t.deepEqual(mended.warnings, []);
});

test('a device that is said to be idle and is selected is warned of, so that the word is not left behind', (t) => {
  const files = { ...unhoused, 'devices/engine.yaml': device('engine', { kind: 'ship' }, { idle: true }) };
  t.deepEqual(strayWarnings(files), [
    'devices/engine.yaml:8 IDLE_DEVICE_SELECTED a fleet selects device engine, which spec.idle says to run nothing; take spec.idle away',
  ]);
});

test('a fleet that runs nothing is warned of, until its devices are said to be idle, which nobody then takes for a slip', (t) => {
  const bare = (idle: object) => {
    const files = {
      ...{ 'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, []) },
      ...{ 'devices/engine.yaml': device('engine', { kind: 'ship' }, idle) },
    };
    return warningsOf(files).map(({ file, line, code, message }) => `${file}:${line} ${code} ${message}`);
  };
  t.deepEqual(bare({}), [
    'fleets/ships.yaml:9 FLEET_RUNS_NOTHING the fleet names no application, device engine runs nothing; ' +
      'where that is meant, say spec.idle: true of them',
  ]);
  t.deepEqual(bare({ idle: true }), []);
});

test('nobody is warned of devices without a fleet while a file that cannot be read may hold the fleet', (t) => {
  const files = { ...unhoused, 'fleets/ships.yaml': `${unhoused['fleets/ships.yaml']}\n\tbroken: [` };
  t.deepEqual(strayWarnings(files), []);
});

type Terms = 'allow' | 'ask' | 'never';

/** At a site with a link for each of these. */
function deltaWarnings(wholeModules: Terms, carried: readonly (LinkCarries | undefined)[], isTold = true): string[] {
  const links = carried.map((carries, at) => ({
    ...{ name: `l${at}`, rate: '1Mbit/s', ...(isTold && { match: { interface: `wwan${at}` } }) },
    ...(carries !== undefined && { carries }),
  }));
  const files = {
    'apps/pump.yaml': application('pump', '1.0.0'),
    'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'pump' }], { rollout: { bytes: { wholeModules } } }),
    'sites/aurora.yaml': site('aurora', { links }),
    'devices/bridge.yaml': device('bridge', { kind: 'ship' }, { site: 'aurora' }),
  };
  return warningsOf(files).map(({ file, line, code, message }) => `${file}:${line} ${code} ${message}`);
}

test('a site whose links carry no delta is warned of where its fleet lets no update come whole, with what would do', (t) => {
  t.deepEqual(deltaWarnings('never', [['control'], ['control', 'whole']]), [
    'sites/aurora.yaml:12 NO_UPDATE_COMES no link of the site carries deltas, and fleet ships has rollout.bytes.wholeModules: never, ' +
      'so that device bridge can get no update over them; add delta to what one of them carries, or commit wholeModules: allow',
  ]);
  const [asked = ''] = deltaWarnings('ask', [['control']]);
  t.regex(asked, /device bridge can get no update over them; add delta to what one/);
  t.notRegex(asked, /or commit/);
  const [whole = ''] = deltaWarnings('ask', [['control'], ['whole']]);
  t.regex(
    whole,
    /device bridge gets each update over them whole, once somebody lets it; .* or commit wholeModules: allow/,
  );
});

test('no site is blamed for want of deltas whose updates may come whole, or come over one of its links, or over one that no device can tell', (t) => {
  t.deepEqual(deltaWarnings('allow', [['control']]), []);
  t.deepEqual(deltaWarnings('never', [['control'], ['delta']]), []);
  t.deepEqual(deltaWarnings('never', [['control'], undefined]), []);
  t.deepEqual(deltaWarnings('never', [['control']], false), []);
  t.deepEqual(deltaWarnings('never', []), []);
});
