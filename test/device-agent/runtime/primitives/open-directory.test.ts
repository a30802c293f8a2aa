/** What holds of granted directories whatever lies below them: one suite for memory and for this machine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { memoryDirectory } from '../../../../device-agent/runtime/primitives/memory-directory.ts';
import type { OpenDirectory, OpenOptions } from '../../../../device-agent/runtime/primitives/open-directory.ts';
import { OpenFile } from '../../../../device-agent/runtime/primitives/open-file.ts';
import { type DirectoryHandle, FileError } from '../../../../platform/file-handles.ts';
import { openHostDirectory } from '../../../../platform/node/host-directory.ts';
import { granted } from '../wasi/guest.ts';

function onBoth(
  title: string,
  body: (t: ExecutionContext, root: OpenDirectory, handle: DirectoryHandle) => void,
): void {
  test(`${title} (memory)`, (t) => {
    const handle = memoryDirectory();
    body(t, granted(handle.duplicate()), handle);
  });
  test(`${title} (this machine)`, (t) => {
    const path = mkdtempSync(join(tmpdir(), 'fleet-grant-'));
    const handle = openHostDirectory(path);
    const root = granted(handle.duplicate());
    t.teardown(() => {
      root.close();
      handle.close();
      rmSync(path, { recursive: true });
    });
    body(t, root, handle);
  });
}

const reading: OpenOptions = {
  follow: true,
  create: false,
  exclusive: false,
  directory: false,
  truncate: false,
  read: true,
  write: false,
};
const creating: OpenOptions = { ...reading, create: true, write: true };
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function put(directory: OpenDirectory, path: string, text: string): void {
  const file = directory.openAt(path, { ...creating, truncate: true }) as OpenFile;
  file.write(encoder.encode(text), 0);
  file.close();
}

function get(directory: OpenDirectory, path: string, options = reading): string {
  const file = directory.openAt(path, options);
  if (!(file instanceof OpenFile)) return 'a directory';
  const into = new Uint8Array(100);
  const text = decoder.decode(into.subarray(0, file.read(into, 0)));
  file.close();
  return text;
}

/** The code of what `operation` throws. */
function fault(operation: () => unknown): string {
  try {
    operation();
  } catch (error) {
    if (error instanceof FileError) return error.code;
    throw error;
  }
  return 'none';
}

onBoth('openAt() makes, reads, cuts and refuses files as it is told', (t, root) => {
  put(root, 'log', 'ahoy');
  t.is(get(root, 'log'), 'ahoy');
  t.is(
    fault(() => root.openAt('log', { ...creating, exclusive: true })),
    'exist',
  );
  t.is(
    fault(() => root.openAt('other', reading)),
    'no-entry',
  );
  t.is(
    fault(() => root.openAt('log', { ...reading, directory: true })),
    'not-directory',
  );
  t.is(
    fault(() => root.openAt('log/', reading)),
    'not-directory',
  );
  t.is(
    fault(() => root.openAt('log/x', reading)),
    'not-directory',
  );
  t.is(
    fault(() => root.openAt('.', { ...reading, write: true })),
    'is-directory',
  );
  (root.openAt('log', { ...reading, truncate: true }) as OpenFile).close();
  t.is(get(root, 'log'), '');
});

onBoth('links are followed inside, one after the other, also in the middle of a path and behind ..', (t, root) => {
  root.createDirectoryAt('a');
  root.createDirectoryAt('a/b');
  put(root, 'a/b/c', 'deep');
  root.createLinkAt('short', 'a/b');
  root.createLinkAt('a/up', '../short/../b/c');
  t.is(get(root, 'short/c'), 'deep');
  t.is(get(root, 'a/up'), 'deep');
  t.is(get(root, 'short/../b/c'), 'deep', '.. leads to the parent of what the link leads to');
  t.is(
    fault(() => root.openAt('a/up', { ...reading, follow: false })),
    'loop',
  );
  t.is(root.statAt('short', false).kind, 'link');
  t.is(root.statAt('short', true).kind, 'directory');
  t.is(root.statAt('short/', false).kind, 'directory', 'a slash follows');
  t.is(root.readLinkAt('short'), 'a/b');
});

onBoth('what leads out is refused: .., absolute paths, links to either, links that are chained', (t, root, handle) => {
  root.createDirectoryAt('a');
  handle.createLink('absolute', '/etc');
  handle.createLink('above', '..');
  handle.createLink('chained', 'a/../above/x');
  const refused = [
    '..',
    'a/../..',
    '/etc/passwd',
    '/',
    'absolute',
    'absolute/passwd',
    'above',
    'above/x',
    'chained',
    'a/../../a',
  ];
  for (const path of refused) {
    t.is(
      fault(() => root.openAt(path, reading)),
      'not-capable',
      path,
    );
    t.is(
      fault(() => root.statAt(path, true)),
      'not-capable',
      path,
    );
    t.is(
      fault(() => root.createDirectoryAt(`${path}/new`)),
      'not-capable',
      path,
    );
  }
  t.is(
    fault(() => root.createLinkAt('made', '/etc')),
    'not-capable',
  );
});

onBoth('an open directory further down is a root of its own', (t, root) => {
  root.createDirectoryAt('a');
  root.createDirectoryAt('a/b');
  const below = root.openAt('a/b', reading) as OpenDirectory;
  t.is(
    fault(() => below.openAt('..', reading)),
    'not-capable',
  );
  t.is(
    fault(() => below.createLinkAt('link', '../../x')),
    'none',
    'it may be made, for it may be followed from above',
  );
  t.is(
    fault(() => below.openAt('link', reading)),
    'not-capable',
  );
  below.close();
});

onBoth('loops of links and endless paths end', (t, root) => {
  root.createLinkAt('a', 'b');
  root.createLinkAt('b', 'a');
  root.createLinkAt('self', 'self/self');
  t.is(
    fault(() => root.openAt('a', reading)),
    'loop',
  );
  t.is(
    fault(() => root.openAt('self', reading)),
    'loop',
  );
  t.is(
    fault(() => root.openAt('x/'.repeat(100_000), reading)),
    'no-entry',
  );
  root.createDirectoryAt('d');
  t.is(
    fault(() => root.openAt(`${'d/../'.repeat(200)}d`, reading)),
    'none',
  );
  t.is(
    fault(() => root.openAt(`${'d/../'.repeat(300)}d`, reading)),
    'loop',
  );
  root.createLinkAt('once', `${'d/../'.repeat(100)}d`);
  root.createLinkAt('again', `${'d/../'.repeat(200)}once`);
  t.is(
    fault(() => root.openAt('again', reading)),
    'loop',
    'what links on the way enter counts too',
  );
  let path = 'd';
  while (path.length < 2 * 128) path += '/d';
  for (let length = 3; length <= path.length && length < 257; length += 2)
    root.createDirectoryAt(path.slice(0, length));
  t.is(
    fault(() => root.openAt(`${path}/d/d/d`, reading)),
    'name-too-long',
  );
});

onBoth('names are made, moved and removed as themselves, and a slash asks for a directory', (t, root) => {
  put(root, 'file', 'x');
  root.createLinkAt('link', 'file');
  t.is(
    fault(() => root.removeDirectoryAt('file')),
    'not-directory',
  );
  t.is(
    fault(() => root.unlinkFileAt('file/')),
    'not-directory',
  );
  t.is(
    fault(() => root.createLinkAt('new/', 'file')),
    'no-entry',
  );
  t.is(
    fault(() => root.renameAt('file', root, 'moved/')),
    'not-directory',
  );
  t.is(
    fault(() => root.linkAt('file', root, 'link')),
    'exist',
  );
  root.renameAt('link', root, 'moved');
  t.is(root.readLinkAt('moved'), 'file');
  root.unlinkFileAt('moved');
  t.is(get(root, 'file'), 'x');
  root.createDirectoryAt('d/');
  t.is(
    fault(() => root.unlinkFileAt('d')),
    'is-directory',
  );
  t.is(
    fault(() => root.linkAt('d', root, 'e')),
    'not-permitted',
  );
  put(root, 'd/in', '');
  t.is(
    fault(() => root.removeDirectoryAt('d')),
    'not-empty',
  );
  root.renameAt('d/', root, 'e/');
  root.unlinkFileAt('e/in');
  root.removeDirectoryAt('e');
  t.deepEqual(
    [...root.entries()].map(({ name }) => name),
    ['file'],
  );
});

onBoth(
  'a rename replaces files by files and empty directories by directories only, and nothing moves into itself',
  (t, root) => {
    put(root, 'a', 'a');
    put(root, 'b', 'b');
    root.createDirectoryAt('d');
    root.createDirectoryAt('e');
    put(root, 'e/x', '');
    root.renameAt('a', root, 'b');
    t.is(get(root, 'b'), 'a');
    t.is(
      fault(() => root.renameAt('b', root, 'd')),
      'is-directory',
    );
    t.is(
      fault(() => root.renameAt('d', root, 'b')),
      'not-directory',
    );
    t.is(
      fault(() => root.renameAt('d', root, 'e')),
      'not-empty',
    );
    t.is(
      fault(() => root.renameAt('e', root, 'e/f')),
      'invalid',
    );
    t.is(
      fault(() => root.renameAt('.', root, 'f')),
      'busy',
    );
    root.renameAt('e', root, 'd');
    t.deepEqual([...root.entries()].map(({ name }) => name).sort(), ['b', 'd']);
  },
);

test('directories that lie deeper below each other than calls may are moved, and not into themselves (memory)', (t) => {
  const root = granted(memoryDirectory());
  let deepest = root;
  for (let depth = 0; depth < 20_000; depth++) {
    const above = deepest;
    above.createDirectoryAt('d');
    deepest = above.openAt('d', { ...reading, directory: true }) as OpenDirectory;
    if (above !== root) above.close();
  }
  t.is(
    fault(() => root.renameAt('d', deepest, 'e')),
    'invalid',
  );
  root.renameAt('d', root, 'e');
  deepest.createDirectoryAt('d');
  t.is(root.statAt('e/d', false).kind, 'directory');
});

onBoth('hard links are one file, and times and sizes are told as they were set, to the nanosecond', (t, root) => {
  put(root, 'one', 'same');
  root.linkAt('one', root, 'two');
  t.is(root.statAt('two', false).links, 2n);
  t.is(root.statAt('two', false).inode, root.statAt('one', false).inode);
  const modified = 1_700_000_000_123_456_789n;
  root.setTimesAt('one', false, { modified });
  t.is(root.statAt('two', false).modified, modified);
  const file = root.openAt('one', { ...reading, write: true }) as OpenFile;
  file.setTimes({ accessed: 77n });
  t.is(file.stat().accessed, 77n);
  t.is(file.stat().modified, modified, 'what is not set stays');
  file.resize(2);
  file.resize(6);
  file.close();
  t.is(get(root, 'two'), 'sa\0\0\0\0');
});

onBoth('a read-only grant changes nothing, by whatever call', (t, root, handle) => {
  put(root, 'file', 'x');
  const looking = granted(handle.duplicate(), { isWritable: false });
  const tries = [
    () => looking.openAt('new', creating),
    () => looking.openAt('file', { ...reading, write: true }),
    () => looking.openAt('file', { ...reading, truncate: true }),
    () => looking.createDirectoryAt('d'),
    () => looking.createLinkAt('l', 'file'),
    () => looking.linkAt('file', looking, 'l'),
    () => looking.renameAt('file', looking, 'l'),
    () => looking.unlinkFileAt('file'),
    () => looking.removeDirectoryAt('file'),
    () => looking.setTimesAt('file', false, { modified: 1n }),
    () => looking.setTimes({ modified: 1n }),
  ];
  t.deepEqual(
    tries.map(fault),
    tries.map(() => 'read-only'),
  );
  t.is(get(looking, 'file'), 'x');
  looking.close();
});

onBoth('nothing is moved or linked from one grant to another', (t, root, handle) => {
  put(root, 'file', 'x');
  const other = granted(handle.duplicate());
  t.is(
    fault(() => root.renameAt('file', other, 'y')),
    'cross-device',
  );
  t.is(
    fault(() => root.linkAt('file', other, 'y')),
    'cross-device',
  );
  other.close();
});
