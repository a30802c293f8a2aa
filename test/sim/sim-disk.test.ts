import test from 'ava';
import { keepAll, loseAll } from './disk-crash.ts';
import { PowerCut, SimDisk } from './sim-disk.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function write(disk: SimDisk, path: string, value: string, sync: boolean): void {
  using file = disk.open(path, 'write');
  file.truncate(0);
  file.write(0, text(value));
  if (sync) file.sync();
}

test('bytes that were synced survive a crash, others only by luck', (t) => {
  for (const [fate, expected] of [
    [loseAll, 'old'],
    [keepAll, 'new'],
  ] as const) {
    const disk = new SimDisk();
    write(disk, '/a', 'old', true);
    disk.syncDirectory('/');
    write(disk, '/a', 'new', false);
    disk.crash(fate);
    disk.restart();
    t.deepEqual(disk.readFile('/a'), text(expected));
  }
});

test('a name that was not synced with its directory is lost', (t) => {
  const disk = new SimDisk();
  write(disk, '/a', 'x', true);
  disk.crash(loseAll);
  disk.restart();
  t.is(disk.stat('/a'), undefined);
});

test('a rename leaves the file under the old name or the new one, whatever the fate', (t) => {
  for (let draws = 0; draws < 16; draws++) {
    const disk = new SimDisk();
    write(disk, '/a', 'one', true);
    write(disk, '/b', 'two', true);
    disk.syncDirectory('/');
    disk.rename('/b', '/a');
    let draw = draws;
    disk.crash(() => {
      const kept = draw % 2 === 1;
      draw = Math.floor(draw / 2);
      return kept ? 0.9 : 0.1;
    });
    disk.restart();
    const a = new TextDecoder().decode(disk.readFile('/a'));
    t.true(a === 'two' || (a === 'one' && disk.stat('/b') !== undefined));
  }
});

test('the power goes after the wanted number of changes and stays gone until restart', (t) => {
  const disk = new SimDisk();
  disk.crashAfter(1);
  disk.makeDirectory('/d');
  t.throws(() => disk.makeDirectory('/e'), { instanceOf: PowerCut });
  t.throws(() => disk.readFile('/d/x'), { instanceOf: PowerCut });
  disk.crash(keepAll);
  disk.restart();
  t.deepEqual(disk.list('/'), ['d']);
});
