/** The kernel's file system is the oracle of the one in memory: the same steps come to the same answers on both. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { memoryDirectory } from '../../../../device-agent/runtime/primitives/memory-directory.ts';
import { OpenDirectory, type OpenOptions } from '../../../../device-agent/runtime/primitives/open-directory.ts';
import { OpenFile } from '../../../../device-agent/runtime/primitives/open-file.ts';
import { FileError } from '../../../../platform/file-handles.ts';
import { openHostDirectory } from '../../../../platform/node/host-directory.ts';
import { granted } from '../wasi/guest.ts';

interface Step {
  readonly name: string;
  readonly path: string;
  readonly other: string;
  readonly options: OpenOptions;
}

const part = fc.oneof(
  { arbitrary: fc.constantFrom('a', 'b', 'c'), weight: 8 },
  { arbitrary: fc.constantFrom('..', '.', ''), weight: 1 },
);
const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const options = fc.record<OpenOptions>({
  follow: fc.boolean(),
  create: fc.boolean(),
  exclusive: fc.boolean(),
  directory: fc.boolean(),
  truncate: fc.boolean(),
  read: fc.boolean(),
  write: fc.boolean(),
});
const step: fc.Arbitrary<Step> = fc.record({
  name: fc.constantFrom(
    'open',
    'stat',
    'readlink',
    'mkdir',
    'mkdir',
    'symlink',
    'symlink',
    'link',
    'rename',
    'unlink',
    'rmdir',
    'list',
  ),
  path,
  other: path,
  options,
});

const encoder = new TextEncoder();
const creating = {
  follow: false,
  create: true,
  exclusive: true,
  directory: false,
  truncate: false,
  read: true,
  write: true,
};
/** What there is before the first step, so that most steps find something. */
const beginning: readonly Step[] = [
  { name: 'mkdir', path: 'a', other: '', options: creating },
  { name: 'mkdir', path: 'a/b', other: '', options: creating },
  { name: 'open', path: 'a/c', other: '', options: creating },
  { name: 'open', path: 'b', other: '', options: creating },
  { name: 'symlink', path: 'c', other: 'a/b', options: creating },
];

/** Opens, writes where that is asked for, and says what it was. */
function opened(root: OpenDirectory, { path, options }: Step): string {
  const node = root.openAt(path, options);
  try {
    if (node instanceof OpenDirectory) return 'directory';
    if (!(node instanceof OpenFile)) return node.kind;
    if (options.write) node.append(encoder.encode('xyz'));
    return `file of ${node.size()}`;
  } finally {
    if (node instanceof OpenDirectory || node instanceof OpenFile) node.close();
  }
}

const steps: Readonly<Record<string, (root: OpenDirectory, step: Step) => string | undefined>> = {
  open: opened,
  stat: (root, { path, options }) => {
    const { kind, links, bytes } = root.statAt(path, options.follow);
    return kind === 'file' ? `file of ${bytes} with ${links}` : kind;
  },
  readlink: (root, { path }) => root.readLinkAt(path),
  mkdir: (root, { path }) => void root.createDirectoryAt(path),
  symlink: (root, { path, other }) => void root.createLinkAt(path, other),
  link: (root, { path, other }) => void root.linkAt(path, root, other),
  rename: (root, { path, other }) => void root.renameAt(path, root, other),
  unlink: (root, { path }) => void root.unlinkFileAt(path),
  rmdir: (root, { path }) => void root.removeDirectoryAt(path),
  list: (root) =>
    [...root.entries()]
      .map(({ name, kind }) => `${name}:${kind}`)
      .sort()
      .join(' '),
};

function answers(root: OpenDirectory, all: readonly Step[]): string[] {
  return all.map((one) => {
    try {
      return `${one.name} ${one.path} ${one.other}: ${steps[one.name]!(root, one) ?? 'done'}`;
    } catch (error) {
      if (error instanceof FileError) return `${one.name} ${one.path} ${one.other}: ${error.code}`;
      throw error;
    }
  });
}

test('any steps come to the same answers in memory and on this machine', (t) => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 30 }), (all) => {
      const directory = mkdtempSync(join(tmpdir(), 'fleet-oracle-'));
      const host = granted(openHostDirectory(directory));
      try {
        const lived = [...beginning, ...all];
        t.deepEqual(answers(granted(memoryDirectory()), lived), answers(host, lived));
      } finally {
        host.close();
        rmSync(directory, { recursive: true });
      }
    }),
    { numRuns: 500 },
  );
});
