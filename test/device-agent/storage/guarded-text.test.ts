import test from 'ava';
import { readGuardedText, writeGuardedText } from '../../../device-agent/storage/guarded-text.ts';
import { DiskError } from '../../../platform/ports.ts';
import { SimDisk } from '../../sim/sim-disk.ts';

test('a file that cannot be read is made anew from the other, and with neither the text is not taken for gone', (t) => {
  const disk = new SimDisk();
  disk.makeDirectory('/state');
  writeGuardedText(disk, '/state', 'key', 'secret');
  for (const name of ['/state/key', '/state/key.copy']) {
    disk.spoil(name);
    t.is(readGuardedText(disk, '/state', 'key'), 'secret');
    t.true(disk.readFile(name).length > 0);
  }
  for (const name of ['/state/key', '/state/key.copy']) disk.spoil(name);
  t.throws(() => readGuardedText(disk, '/state', 'key'), { instanceOf: DiskError });
});
