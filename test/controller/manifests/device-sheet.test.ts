import test from 'ava';
import fc from 'fast-check';
import { applyChanges } from '../../../controller/manifests/apply-changes.ts';
import { emptyManifestState, type ManifestState } from '../../../controller/manifests/manifest-state.ts';
import { application, catalogue, changesOf, device, type Files, fleet, site } from './fleet-fixture.ts';
import { plain } from './random-commits.ts';

const key = (letter: string) => `SHA256:${letter.repeat(43)}`;

/** What every first revision of these tests has besides its devices. */
const others: Files = {
  'apps/pump.yaml': application('pump', '1.0.0', { config: { where: '${device.labels.zone}' } }),
  'apps/log.yaml': application('log', '1.0.0', { secrets: [] }),
  'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'pump' }]),
  'fleets/trucks.yaml': fleet('trucks', { kind: 'truck' }, [{ name: 'log' }], { darkAfterSeconds: 60 }),
  'fleets/north.yaml': fleet('north', { zone: 'n' }, [{ name: 'log' }]),
  'sites/s1.yaml': site('s1', { config: { site: 1 } }),
};

const deviceFile = fc.record(
  {
    name: fc.constantFrom('d1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7', 'd8', 'd9'),
    file: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
    labels: fc.record(
      { kind: fc.constantFrom('ship', 'truck', 'car'), zone: fc.constantFrom('n', 's') },
      { requiredKeys: [] },
    ),
    site: fc.constantFrom('s1', 's1', 's1', 's2'),
    keyFingerprint: fc.constantFrom(...'ABCDEFGH').map(key),
    idle: fc.constant(true as const),
    config: fc.constantFrom({ own: 1 }, { own: '${device.name}' }),
  },
  { requiredKeys: ['name', 'file', 'labels'] },
);

const firstRevision = fc.array(deviceFile, { maxLength: 8 }).map((devices): Files => {
  const files: Record<string, string> = { ...others };
  for (const { name, file, labels, ...spec } of devices) {
    const text = device(name, labels as Record<string, string>, spec);
    const path = `devices/${file}.yaml`;
    // Two in one file are no rows.
    files[path] = path in files ? `${files[path]}---\n${text}` : text;
  }
  return files;
});

/** The same fleet, brought to a state that has a device already: nothing of it is on a sheet. */
function oneByOne(files: Files) {
  const placeholder = { 'devices/zz.yaml': device('zz', {}, { idle: true }) };
  const first = applyChanges(emptyManifestState, changesOf(placeholder), catalogue);
  if (first.kind !== 'accepted') throw new Error('one idle device is right');
  const gone = { path: 'devices/zz.yaml', file: undefined };
  return applyChanges(first.state, [...changesOf(files), gone], catalogue);
}

test('a first revision comes to the same on a sheet as device by device, what is wrong with it included', (t) => {
  const seen = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(firstRevision, (files) => {
      const reread = (path: string) => new TextEncoder().encode(files[path]!);
      const whole = applyChanges(emptyManifestState, changesOf(files), catalogue);
      const again = applyChanges(emptyManifestState, changesOf(files), catalogue, reread);
      const single = oneByOne(files);
      seen[whole.kind] += 1;
      if (whole.kind === 'accepted' && single.kind === 'accepted' && again.kind === 'accepted') {
        const expected = plain(single.state);
        t.deepEqual(plain(whole.state), expected);
        t.deepEqual(plain(again.state), expected);
        const affected = [...single.affected].filter((name) => name !== 'zz');
        t.deepEqual([...whole.affected].sort(), affected.sort());
        t.deepEqual(whole.warnings, single.warnings);
      } else {
        t.deepEqual(whole, single);
        t.deepEqual(again, single);
      }
    }),
    { numRuns: 200 },
  );
  t.true(seen.accepted > 20 && seen.refused > 20, JSON.stringify(seen));
});

/** Ships that differ in nothing but their names. */
function ships(count: number): Files {
  const files: Record<string, string> = {
    'apps/log.yaml': application('log', '1.0.0'),
    'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'log' }]),
    'sites/s1.yaml': site('s1'),
  };
  for (let number = 0; number < count; number += 1) {
    const name = `d${number}`;
    files[`devices/${name}.yaml`] = device(name, { kind: 'ship' }, { site: 's1' });
  }
  return files;
}

test('of the devices of a first revision one is read again for what all run, and others when somebody looks, with those beside them', (t) => {
  const files = ships(3000);
  const reread: string[] = [];
  const again = (path: string) => {
    reread.push(path);
    return new TextEncoder().encode(files[path]!);
  };
  const first = applyChanges(emptyManifestState, changesOf(files), catalogue, again);
  if (first.kind !== 'accepted') return t.fail();
  // The template of the site is made of the first of them.
  t.deepEqual([first.state.devices.size, first.affected.size, reread.length], [3000, 3000, 1]);
  const edit = { 'devices/d7.yaml': device('d7', { kind: 'ship' }, { site: 's1', config: { own: 7 } }) };
  const next = applyChanges(first.state, changesOf(edit), catalogue);
  t.deepEqual(next.kind === 'accepted' && [...next.affected], ['d7']);
  t.true(reread.includes('devices/d7.yaml') && reread.length < 300, `${reread.length} were read`);
  const same: ManifestState = first.state;
  t.is(same.desiredDevices.get('d8'), same.desiredDevices.get('d8'));
});
