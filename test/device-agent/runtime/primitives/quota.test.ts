import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { measuring } from '../../../../device-agent/runtime/primitives/measure.ts';
import { memoryDirectory } from '../../../../device-agent/runtime/primitives/memory-directory.ts';
import { OpenDirectory, type OpenOptions } from '../../../../device-agent/runtime/primitives/open-directory.ts';
import type { OpenFile } from '../../../../device-agent/runtime/primitives/open-file.ts';
import { Quota } from '../../../../device-agent/runtime/primitives/quota.ts';
import { atOnce } from '../../../../device-agent/runtime/primitives/stretches.ts';
import { type DirectoryHandle, FileError } from '../../../../platform/file-handles.ts';
import { openHostDirectory } from '../../../../platform/node/host-directory.ts';

const options: OpenOptions = {
  follow: true, create: true, exclusive: false, directory: false, truncate: false, read: true, write: true,
}; // biome-ignore format: a list

function limited(handle: DirectoryHandle, limits = { bytesMax: 1000, entriesMax: 5, openMax: 4 }) {
  const quota = new Quota(limits, atOnce(measuring(handle)));
  return { quota, root: new OpenDirectory(handle.duplicate(), { isWritable: true, quota }) };
}

function fault(operation: () => unknown): string {
  try {
    operation();
  } catch (error) {
    if (error instanceof FileError) return error.code;
    throw error;
  }
  return 'none';
}

test('a write goes as far as the quota and then fails, holes count, and room comes back when files go or shrink', (t) => {
  const { root, quota } = limited(memoryDirectory());
  const file = root.openAt('a', options) as OpenFile;
  t.is(file.write(new Uint8Array(900), 0), 900);
  t.is(file.write(new Uint8Array(200), 900), 100);
  t.is(
    fault(() => file.write(new Uint8Array(1), 1000)),
    'quota',
  );
  t.is(
    fault(() => file.append(new Uint8Array(1))),
    'quota',
  );
  t.is(file.write(new Uint8Array(1000), 0), 1000, 'what is there already may be written again');
  t.is(
    fault(() => file.resize(1001)),
    'quota',
  );
  file.resize(10);
  t.is(
    fault(() => file.write(new Uint8Array(1), 5000)),
    'quota',
  );
  t.is(quota.used.bytes, 10);
  t.is(quota.bytesWritten, 2000);
  file.close();
  root.unlinkFileAt('a');
  t.is(quota.used.bytes, 0);
});

test('a file without a name counts until its last descriptor is closed', (t) => {
  const { root, quota } = limited(memoryDirectory());
  const file = root.openAt('a', options) as OpenFile;
  const again = root.openAt('a', options) as OpenFile;
  file.write(new Uint8Array(1000), 0);
  root.unlinkFileAt('a');
  t.is(
    fault(() => (root.openAt('b', options) as OpenFile).write(new Uint8Array(1), 0)),
    'quota',
  );
  file.close();
  t.is(quota.used.bytes, 1000);
  again.close();
  t.is(quota.used.bytes, 0);
});

test('entries of every kind count, what could not be made does not, and open descriptors are bounded', (t) => {
  const { root, quota } = limited(memoryDirectory());
  (root.openAt('file', options) as OpenFile).close();
  root.createDirectoryAt('directory');
  root.createLinkAt('link', 'file');
  root.linkAt('file', root, 'second');
  t.is(
    fault(() => root.createDirectoryAt('directory')),
    'exist',
  );
  t.is(quota.used.entries, 4);
  root.createDirectoryAt('fifth');
  for (const make of [
    () => root.openAt('new', options),
    () => root.createDirectoryAt('new'),
    () => root.createLinkAt('new', 'x'),
    () => root.linkAt('file', root, 'new'),
  ]) {
    t.is(fault(make), 'quota');
  }
  const open = [1, 2, 3].map(() => root.openAt('file', options) as OpenFile);
  t.is(
    fault(() => root.openAt('file', options)),
    'too-many-open',
  );
  for (const file of open) file.close();
  root.renameAt('file', root, 'second');
  t.is(quota.used.entries, 5, 'two names of one file: POSIX does nothing');
  root.renameAt('link', root, 'second');
  t.is(quota.used.entries, 4);
});

type Step = readonly [name: string, path: number, other: number, size: number];

function apply(root: OpenDirectory, open: OpenFile[], [name, a, b, size]: Step): void {
  const path = `f${a}`;
  const other = b > 3 ? `d/f${b}` : `f${b}`;
  const steps: Readonly<Record<string, () => unknown>> = {
    open: () => open.push(root.openAt(other, { ...options, truncate: size > 400 }) as OpenFile),
    close: () => open.shift()?.close(),
    write: () => open[0]?.write(new Uint8Array(size), a * 50),
    append: () => open.at(-1)?.append(new Uint8Array(size)),
    resize: () => open[0]?.resize(size),
    unlink: () => root.unlinkFileAt(other),
    rename: () => root.renameAt(path, root, other),
    link: () => root.linkAt(path, root, other),
    symlink: () => root.createLinkAt(other, path),
    makeDirectory: () => root.createDirectoryAt('d'),
    removeDirectory: () => root.removeDirectoryAt('d'),
  };
  try {
    steps[name]!();
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
  }
}

const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom(
    'open',
    'close',
    'write',
    'append',
    'resize',
    'unlink',
    'rename',
    'link',
    'symlink',
    'makeDirectory',
    'removeDirectory',
  ),
  fc.nat(5),
  fc.nat(5),
  fc.nat(600),
);

function countsRight(handle: DirectoryHandle, steps: readonly Step[]): boolean {
  const { root, quota } = limited(handle, { bytesMax: 1500, entriesMax: 6, openMax: 5 });
  const open: OpenFile[] = [];
  for (const one of steps) apply(root, open, one);
  const { bytes, entries } = quota.used;
  const isWithin = bytes <= 1500 && entries <= 6;
  for (const file of open) file.close();
  root.close();
  const { handles, ...used } = quota.used;
  const measured = atOnce(measuring(handle));
  return isWithin && handles === 0 && used.bytes === measured.bytes && used.entries === measured.entries;
}

test('whatever is done, the quota says what a new measurement finds, and never more than it allows (memory)', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => countsRight(memoryDirectory(), steps)),
    { numRuns: 1000 },
  );
  t.pass();
});

test('whatever is done, the quota says what a new measurement finds, and never more than it allows (this machine)', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
      const path = mkdtempSync(join(tmpdir(), 'fleet-quota-'));
      const handle = openHostDirectory(path);
      try {
        return countsRight(handle, steps);
      } finally {
        handle.close();
        rmSync(path, { recursive: true });
      }
    }),
    { numRuns: 100 },
  );
  t.pass();
});
