import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { nodeDisk } from '../../../platform/node/disk.ts';

test('what is read into room that somebody gives is what is there, and takes no other', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-disk-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'file');
  writeFileSync(path, 'abcdefgh');
  using file = nodeDisk.open(path, 'read');
  const room = new Uint8Array(6);
  const read = (at: number, length: number) => {
    const bytes = file.read(at, length, room);
    t.is(bytes.buffer, room.buffer);
    return Buffer.from(bytes).toString();
  };
  t.is(read(0, 6), 'abcdef');
  t.is(read(6, 6), 'gh');
  t.is(read(2, 3), 'cde');
  t.is(read(8, 6), '');
  t.is(Buffer.from(file.read(0, 100)).toString(), 'abcdefgh');
});
