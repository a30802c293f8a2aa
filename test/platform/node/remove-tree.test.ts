import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { nodeDisk } from '../../../platform/node/disk.ts';
import { openHostDirectory } from '../../../platform/node/host-directory.ts';

const program = `
  const { nodeDisk } = await import(process.argv[1]);
  nodeDisk.remove(process.argv[2]);`;

test('a tree that is deeper than a process may open files, and than any path, is removed', (t) => {
  const top = mkdtempSync(join(tmpdir(), 'fleet-tree-'));
  let directory = openHostDirectory(top);
  for (let depth = 0; depth < 200; depth++) {
    const above = directory;
    above.createDirectory('d'.repeat(100));
    directory = above.openDirectory('d'.repeat(100));
    directory.createFile('file', { read: true, write: true }).close();
    above.close();
  }
  directory.close();
  const disk = new URL('../../../platform/node/disk.ts', import.meta.url).href;
  const node = [process.execPath, '--input-type=module', '--eval', program, disk, top];
  execFileSync('sh', ['-c', 'ulimit -n 100 && exec "$@"', 'sh', ...node]);
  t.false(existsSync(top));
});

test('a tree of thousands of directories is removed aside in steps, between which others have their turn', async (t) => {
  const top = mkdtempSync(join(tmpdir(), 'fleet-tree-'));
  const kept = join(mkdtempSync(join(tmpdir(), 'fleet-kept-')), 'file');
  writeFileSync(kept, '');
  for (let count = 0; count < 3_000; count++) {
    mkdirSync(join(top, String(count), 'below'), { recursive: true });
    writeFileSync(join(top, String(count), 'below', 'file'), '');
  }
  symlinkSync(join(kept, '..'), join(top, '7', 'link'));
  let turns = 0;
  let isRemoved = false;
  const removed = Promise.resolve(nodeDisk.removeAside(top)).then(() => {
    isRemoved = true;
  });
  while (!isRemoved) {
    await setImmediate();
    turns += 1;
  }
  await removed;
  t.true(turns > 3, `${turns} turns`);
  t.false(existsSync(top));
  t.true(existsSync(kept), 'a link is removed, and not what it leads to');
  await nodeDisk.removeAside(top);
  await t.throwsAsync(async () => nodeDisk.removeAside(join(kept, 'below')), { code: 'NOT_FOUND' });
});
