import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
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
