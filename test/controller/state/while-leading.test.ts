import test from 'ava';
import { assertLeading, diskWhileLeading } from '../../../controller/state/while-leading.ts';
import { nodeDisk } from '../../../platform/node/disk.ts';
import { scratchDirectory } from '../doors/scene.ts';

test('files that controllers share are read always, and changed only while it is certain that no other leads', (t) => {
  using directory = scratchDirectory();
  let isHeld = true;
  const disk = diskWhileLeading(nodeDisk, { isHeld: () => isHeld });
  const path = `${directory.path}/file`;
  const write = (text: string): void => {
    using file = disk.open(path, 'write');
    file.write(0, new TextEncoder().encode(text));
  };
  write('ours');
  disk.makeDirectory(`${directory.path}/folder`);
  isHeld = false;
  const changes = [
    () => write('late'),
    () => disk.rename(path, `${path}-2`),
    () => disk.remove(path),
    () => disk.makeDirectory(`${directory.path}/another`),
  ];
  for (const change of changes) t.throws(change, { code: 'NOT_PERMITTED', message: /another controller may lead/ });
  t.is(new TextDecoder().decode(disk.readFile(path)), 'ours');
  t.deepEqual(disk.list(directory.path), ['file', 'folder']);
});

test('what is done only by the one that leads is refused with a code to everybody else', (t) => {
  t.notThrows(() => assertLeading({ isHeld: () => true }));
  t.throws(() => assertLeading({ isHeld: () => false }), { code: 'STATE_LEASE_LOST' });
});
