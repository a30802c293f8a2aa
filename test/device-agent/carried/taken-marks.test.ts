import test from 'ava';
import { openBundle } from '../../../device-agent/carried/open-bundle.ts';
import { takenIn } from '../../../device-agent/carried/taken-marks.ts';
import { proved } from '../update/proved-ship.ts';
import { bundleOf, plugIn, stick } from './carried-bundle.ts';

const markOf = (index: number) => ({
  ...{ application: 'gauge', channel: 'readings', stream: '0123456789abcdef' },
  ...{ segment: 1, index },
});

const taken = (index: number) => ({
  ...{ apiVersion: 'fleet/v1alpha1', kind: 'TakenMarks' },
  channels: [markOf(index)],
});

test('the word of the shore is believed as it was signed, though a stick gives other bytes when it is read again', async (t) => {
  const ship = await proved();
  const signed = bundleOf(ship.shore, { sequence: 2, apps: [], taken: taken(5) });
  plugIn(ship, signed);
  using bundle = openBundle(ship.disk, stick);
  t.deepEqual(takenIn(bundle, 'anna'), [markOf(5)]);
  using file = ship.disk.open(stick, 'write');
  const lie = JSON.stringify(taken(9));
  file.write(signed.length - lie.length, Buffer.from(lie));
  t.throws(() => takenIn(bundle, 'anna'), { code: 'BUNDLE_DAMAGED' });
  t.deepEqual(takenIn(bundle, 'berta'), []);
});
