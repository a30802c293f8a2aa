import test from 'ava';
import type { DeviceRecord } from '../../../controller/engine/records.ts';
import { definitionOf } from '../../../controller/manifests/definition.ts';
import { NeededArtifacts, wantedReleases } from '../../../controller/view/needed-artifacts.ts';
import { revision } from '../engine/test-engine.ts';
import { application, desiredFrom, device, fleet } from '../manifests/fleet-fixture.ts';

function recordOf(issued: string | undefined, runs: string | undefined, sha256?: string): DeviceRecord {
  const deployment = { sequence: 1, revision, issuedAt: 0, templateHash: 'x' };
  return {
    ...(issued !== undefined && { issued: { ...deployment, applications: [{ name: 'pump', version: issued }] } }),
    ...(sha256 !== undefined && { blob: { sha256, length: 5_000 } }),
    ...(runs !== undefined && { runs: `pump/${runs} ` }),
    shadow: { version: 1 },
  };
}

test('a release is needed for as long as one device runs it or was told to', (t) => {
  const needed = new NeededArtifacts();
  needed.note('buoy', recordOf('2.0.0', '1.0.0'));
  needed.note('crane', recordOf('2.0.0', '1.0.0'));
  t.deepEqual([...needed.releases].sort(), ['pump/1.0.0', 'pump/2.0.0']);
  needed.note('buoy', recordOf('2.0.0', '2.0.0'));
  t.true(needed.releases.has('pump/1.0.0'), 'the crane runs it still');
  needed.note('crane', recordOf('2.0.0', undefined));
  t.deepEqual([...needed.releases], ['pump/2.0.0']);
});

test('a release that is linked to what a device was told to run is needed as long', (t) => {
  const needed = new NeededArtifacts();
  const record = recordOf('2.0.0', undefined);
  const linked = [{ name: 'pump', version: '2.0.0', links: ['codec/1.0.0'] }];
  needed.note('buoy', { ...record, issued: { ...record.issued!, applications: linked } });
  t.deepEqual([...needed.releases].sort(), ['codec/1.0.0', 'pump/2.0.0']);
  needed.note('buoy', record);
  t.deepEqual([...needed.releases], ['pump/2.0.0']);
});

test('an envelope that travels by digest is needed until its device has another', (t) => {
  const needed = new NeededArtifacts();
  needed.note('buoy', recordOf('1.0.0', undefined, 'aa'));
  t.is(needed.holderOf('aa'), 'buoy');
  needed.note('buoy', recordOf('1.0.0', undefined, 'bb'));
  t.deepEqual([...needed.blobs], ['bb']);
  needed.note('buoy', recordOf('1.0.0', undefined));
  t.is(needed.blobs.size, 0);
  t.is(needed.holderOf('bb'), undefined);
});

test('what a fleet may go back to is wanted besides what git asks for', (t) => {
  const wantedAt = (version: string) => {
    const ships = fleet('ships', { kind: 'ship' }, [{ name: 'pump' }]);
    return desiredFrom({ 'apps/pump.yaml': application('pump', version), 'fleets/ships.yaml': ships });
  };
  const good = definitionOf(wantedAt('1.0.0'), 'ships')!;
  t.deepEqual([...wantedReleases(wantedAt('1.1.0'))], ['pump/1.1.0']);
  t.deepEqual([...wantedReleases(wantedAt('1.1.0'), [good])].sort(), ['pump/1.0.0', 'pump/1.1.0']);
});

test('a release that a device is held at is wanted', (t) => {
  const hold = { releases: { pump: '1.0.0' }, reason: 'sea trial' };
  const desired = desiredFrom({
    'apps/pump.yaml': application('pump', '1.1.0'),
    'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'pump' }]),
    'devices/bridge.yaml': device('bridge', { kind: 'ship' }, { hold }),
  });
  t.deepEqual([...wantedReleases(desired)].sort(), ['pump/1.0.0', 'pump/1.1.0']);
});
