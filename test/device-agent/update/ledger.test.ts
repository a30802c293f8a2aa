import test from 'ava';
import { Ledger } from '../../../device-agent/update/ledger.ts';
import { SimDisk } from '../../sim/sim-disk.ts';

for (const slot of ['a', 'b']) {
  test(`a report counter is never handed out twice, even after ledger.${slot} has rotted`, (t) => {
    const disk = new SimDisk();
    disk.makeDirectory('/state');
    const first = new Ledger(disk, '/state');
    let highest = 0;
    for (let count = 0; count < 200; count++) highest = first.takeCounter();
    disk.flipBit(`/state/ledger.${slot}`, 500);
    t.true(new Ledger(disk, '/state').takeCounter() > highest);
  });
}

test('a ledger that rotted opens on a full disk', (t) => {
  const disk = new SimDisk();
  disk.makeDirectory('/state');
  const first = new Ledger(disk, '/state');
  for (let count = 0; count < 200; count++) first.takeCounter();
  disk.remove('/state/ledger.a');
  disk.leaveRoom(0);
  t.true(new Ledger(disk, '/state').lastCounter >= 128);
});
