import test from 'ava';
import { DoubleSlot } from '../../../device-agent/storage/double-slot.ts';
import { Ledger } from '../../../device-agent/update/ledger.ts';
import { SimDisk } from '../../sim/sim-disk.ts';

function stateDisk(): SimDisk {
  const disk = new SimDisk();
  disk.makeDirectory('/state');
  return disk;
}

test('each opening of the ledger is a boot, counted from 1', (t) => {
  const disk = stateDisk();
  t.deepEqual(
    [1, 2, 3].map(() => new Ledger(disk, '/state').bootNumber),
    [1, 2, 3],
  );
});

for (const slot of ['a', 'b']) {
  test(`no boot is counted twice, even after ledger.${slot} has rotted`, (t) => {
    const disk = stateDisk();
    let highest = 0;
    for (let count = 0; count < 5; count++) highest = new Ledger(disk, '/state').bootNumber;
    disk.flipBit(`/state/ledger.${slot}`, 500);
    t.true(new Ledger(disk, '/state').bootNumber > highest);
  });
}

test('a ledger opens on a full disk, also after it has rotted, and knows what it knew', (t) => {
  const disk = stateDisk();
  new Ledger(disk, '/state').raiseTimeFloor(7);
  new Ledger(disk, '/state').countBytes(3);
  disk.remove('/state/ledger.a');
  disk.leaveRoom(0);
  const { timeFloorMs, bootNumber } = new Ledger(disk, '/state');
  t.deepEqual([timeFloorMs, bootNumber >= 2], [7, true]);
});

test('a ledger written before boots were counted goes on with what it holds', (t) => {
  const disk = stateDisk();
  {
    const { slot } = DoubleSlot.open<object>(disk, '/state/ledger');
    for (const counterCeiling of [1, 65]) slot.write({ timeFloorMs: 7, bytesReceived: 3, counterCeiling });
  }
  const { timeFloorMs, bytesReceived, bootNumber } = new Ledger(disk, '/state');
  t.deepEqual([timeFloorMs, bytesReceived, bootNumber], [7, 3, 1]);
});
