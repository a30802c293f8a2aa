import test from 'ava';
import { Ledger } from '../../../device-agent/update/ledger.ts';
import { keepAll, SimDisk } from '../../sim/sim-disk.ts';

const startMs = 1_000;

for (const slot of ['a', 'b']) {
  test(`a report counter is never handed out twice, even after ledger.${slot} has rotted`, (t) => {
    const disk = new SimDisk();
    disk.makeDirectory('/state');
    const first = new Ledger(disk, '/state', startMs);
    let highest = 0;
    for (let count = 0; count < 200; count++) highest = first.takeCounter();
    disk.flipBit(`/state/ledger.${slot}`, 500);
    t.true(new Ledger(disk, '/state', startMs).takeCounter() > highest);
  });
}

test('a ledger that rotted opens on a full disk', (t) => {
  const disk = new SimDisk();
  disk.makeDirectory('/state');
  const first = new Ledger(disk, '/state', startMs);
  for (let count = 0; count < 200; count++) first.takeCounter();
  disk.remove('/state/ledger.a');
  disk.leaveRoom(0);
  t.true(new Ledger(disk, '/state', startMs).lastCounter >= startMs + 127);
});

test('a device whose ledger is gone counts on above what it counted before, and a clock before the epoch does no harm', (t) => {
  const disk = new SimDisk();
  disk.makeDirectory('/state');
  const highest = new Ledger(disk, '/state', startMs).takeCounter();
  disk.remove('/state/ledger.a');
  disk.remove('/state/ledger.b');
  t.true(new Ledger(disk, '/state', startMs + 1).takeCounter() > highest);
  const lost = new SimDisk();
  lost.makeDirectory('/state');
  t.is(new Ledger(lost, '/state', -5).takeCounter(), 1);
});

test('a device restored from an image of its disk counts on above what it counted since', (t) => {
  const disk = new SimDisk();
  disk.makeDirectory('/state');
  new Ledger(disk, '/state', startMs).takeCounter();
  const image = disk.copyAfterCrash(keepAll);
  const since = new Ledger(disk, '/state', startMs);
  let highest = 0;
  for (let count = 0; count < 1_000; count++) highest = since.takeCounter();
  t.true(new Ledger(image, '/state', startMs + 86_400_000).takeCounter() > highest);
});
