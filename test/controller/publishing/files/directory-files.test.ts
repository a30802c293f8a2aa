import test from 'ava';
import { DirectoryFiles } from '../../../../controller/publishing/files/directory-files.ts';
import { filesWhileLeading } from '../../../../controller/publishing/files/files-while-leading.ts';
import { writeFileDurably } from '../../../../platform/durable-file.ts';
import { SimDisk } from '../../../sim/sim-disk.ts';
import { conforms } from './conformance.ts';

conforms(test, 'a directory', async () => {
  const disk = new SimDisk();
  const tamper = async (path: string, bytes: Uint8Array) => {
    const cut = path.lastIndexOf('/');
    writeFileDurably(disk, `/artifacts/${path.slice(0, cut)}`, path.slice(cut + 1), bytes);
  };
  return { open: () => new DirectoryFiles(disk, '/artifacts'), tamper };
});

test('files that controllers share are read always, and changed only while it is certain that no other leads', async (t) => {
  let isHeld = true;
  const files = filesWhileLeading(new DirectoryFiles(new SimDisk(), '/artifacts'), () => {
    if (!isHeld) throw new Error('another controller may lead');
  });
  await files.write('sha256/a', new Uint8Array(3));
  isHeld = false;
  await t.throwsAsync(files.write('sha256/a', new Uint8Array(4)), { message: 'another controller may lead' });
  await t.throwsAsync(files.remove('sha256/a'), { message: 'another controller may lead' });
  t.is((await files.read('sha256/a', 9))?.length, 3);
  t.is(await files.size('sha256/a'), 3);
  t.deepEqual(await files.list('sha256', 1), ['sha256/a']);
});
