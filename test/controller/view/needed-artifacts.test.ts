import test from 'ava';
import type { DeviceRecord } from '../../../controller/engine/records.ts';
import { NeededArtifacts } from '../../../controller/view/needed-artifacts.ts';
import { reportOf, revision } from '../engine/test-engine.ts';

const at = '2026-03-01T00:00:00.000Z';

function recordOf(issued: string | undefined, runs: string | undefined, envelope = 'short'): DeviceRecord {
  const application = { name: 'pump', version: runs ?? '', state: 'running', since: at, restarts: 0 } as const;
  const state = { ...reportOf(1, { applications: runs === undefined ? [] : [application] }) } as never;
  const deployment = { sequence: 1, revision, issuedAt: 0, templateHash: 'x' };
  return {
    ...(issued !== undefined && {
      issued: { ...deployment, applications: [{ name: 'pump', version: issued }] },
      envelope,
    }),
    shadow: { version: 1, reported: { state, at: 1 } },
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
  needed.note('buoy', recordOf('1.0.0', undefined, 'x'.repeat(5_000)));
  const [blob] = needed.blobs;
  t.is(needed.holderOf(blob!), 'buoy');
  needed.note('buoy', recordOf('1.0.0', undefined, 'y'.repeat(5_000)));
  t.is(needed.blobs.size, 1);
  t.false(needed.blobs.has(blob!));
  needed.note('buoy', recordOf('1.0.0', undefined));
  t.is(needed.blobs.size, 0);
  t.is(needed.holderOf(blob!), undefined);
});
