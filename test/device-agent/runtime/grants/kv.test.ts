/** Keys of an application: on a disk that loses its power, and in a real guest. */
import test from 'ava';
import fc from 'fast-check';
import { KvDirectory } from '../../../../device-agent/runtime/grants/kv-directory.ts';
import { KvStore } from '../../../../device-agent/runtime/grants/kv-store.ts';
import { OpenDirectory, type OpenOptions } from '../../../../device-agent/runtime/primitives/open-directory.ts';
import type { OpenFile } from '../../../../device-agent/runtime/primitives/open-file.ts';
import { Quota } from '../../../../device-agent/runtime/primitives/quota.ts';
import { atOnce } from '../../../../device-agent/runtime/primitives/stretches.ts';
import { makeDirectoryDurably } from '../../../../platform/durable-file.ts';
import { FileError } from '../../../../platform/file-handles.ts';
import { keepAll, loseAll } from '../../../sim/disk-crash.ts';
import { PowerCut, SimDisk } from '../../../sim/sim-disk.ts';
import { openRuntime, statesWhen } from '../applications.ts';
import { cModule, cTest } from '../c-module.ts';

const reading: OpenOptions = {
  follow: true, create: false, exclusive: false, directory: false, truncate: false, read: true, write: false,
}; // biome-ignore format: a list
const replacing: OpenOptions = { ...reading, create: true, truncate: true, write: true };

/** The keys on a disk, counted against a small quota. */
function openKeys(disk: SimDisk, bytesMax = 100) {
  makeDirectoryDurably(disk, '/kv');
  const store = atOnce(KvStore.opening(disk, '/kv'));
  const quota = new Quota({ bytesMax, entriesMax: 5, openMax: 8 }, store.measure());
  const directory = new KvDirectory(store, quota);
  const root = new OpenDirectory(directory, { isWritable: true, quota });
  const open = (key: string, options: OpenOptions) => root.openAt(key, options) as OpenFile;
  const put = (key: string, value: string) => {
    const file = open(key, replacing);
    file.write(Buffer.from(value), 0);
    file.close();
  };
  const get = (key: string): string => {
    const file = open(key, reading);
    const bytes = Buffer.alloc(200);
    const length = file.read(bytes, 0);
    file.close();
    return bytes.subarray(0, length).toString();
  };
  return { store, quota, directory, root, open, put, get };
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

test('a value is seen when its file is closed; whoever read before reads on what was there', (t) => {
  const { put, get, open, root } = openKeys(new SimDisk());
  put('speed', 'slow');
  const reader = open('speed', reading);
  const writer = open('speed', { ...reading, write: true });
  writer.write(Buffer.from('fast'), 0);
  writer.append(Buffer.from('er'));
  t.is(get('speed'), 'slow');
  writer.close();
  t.is(get('speed'), 'faster');
  const seen = Buffer.alloc(10);
  t.is(seen.subarray(0, reader.read(seen, 0)).toString(), 'slow');
  t.deepEqual(
    [...root.entries()].map(({ name }) => name),
    ['speed'],
  );
});

test('a power cut after any operation leaves the old value or the new one, and nothing beside it', (t) => {
  const outcomes = new Set<string>();
  for (const fate of [loseAll, keepAll]) {
    for (let operations = 0; ; operations++) {
      const disk = new SimDisk();
      openKeys(disk).put('speed', 'old');
      disk.crashAfter(operations);
      let isDone = true;
      try {
        openKeys(disk).put('speed', 'new and longer');
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error;
        isDone = false;
      }
      disk.crash(fate);
      disk.restart();
      const { get, quota } = openKeys(disk);
      const value = get('speed');
      outcomes.add(value);
      t.true(value === 'new and longer' || (value === 'old' && !isDone), `${operations}: ${value}`);
      t.deepEqual([quota.used.bytes, quota.used.entries], [value.length, 1]);
      t.deepEqual(disk.list('/kv'), ['speed.value']);
      if (isDone) break;
    }
  }
  t.is(outcomes.size, 2);
});

test('a key that was removed or renamed is so after a power cut, too', (t) => {
  const disk = new SimDisk();
  const before = openKeys(disk);
  for (const key of ['kept', 'moved']) before.put(key, key);
  before.root.renameAt('moved', before.root, 'kept');
  disk.crash(loseAll);
  disk.restart();
  const after = openKeys(disk);
  t.is(after.get('kept'), 'moved');
  after.root.unlinkFileAt('kept');
  disk.crash(loseAll);
  disk.restart();
  t.deepEqual(disk.list('/kv'), []);
});

test('what was abandoned, or could not be kept, counts for nothing', (t) => {
  const disk = new SimDisk();
  const { put, get, open, quota, directory } = openKeys(disk);
  put('speed', 'slow');
  const used = quota.used;
  const writers = [open('speed', { ...reading, write: true }), open('fresh', replacing)];
  for (const writer of writers) writer.append(Buffer.alloc(20));
  directory.abandon();
  for (const writer of writers) writer.close();
  t.deepEqual(quota.used, used);
  disk.leaveRoom(0);
  const writer = open('fresh', replacing);
  writer.append(Buffer.alloc(20));
  t.is(
    fault(() => writer.close()),
    'insufficient-space',
  );
  t.deepEqual(quota.used, used);
  t.is(get('speed'), 'slow');
  t.is(
    fault(() => get('fresh')),
    'no-entry',
  );
});

test('a key has one writer, values and their number are bounded, and removed keys give their room back', (t) => {
  const { put, get, open, root, quota } = openKeys(new SimDisk());
  put('a', 'x'.repeat(60));
  const writer = open('a', { ...reading, write: true });
  for (const another of [() => put('a', 'y'), () => root.unlinkFileAt('a'), () => root.renameAt('a', root, 'b')]) {
    t.is(fault(another), 'busy');
  }
  writer.close();
  t.is(open('b', replacing).write(Buffer.alloc(60), 0), 40);
  root.renameAt('a', root, 'c');
  t.is(get('c').length, 60);
  root.unlinkFileAt('c');
  t.is(quota.used.bytes, 40);
  for (const key of ['1', '2', '3', '4']) put(key, '');
  t.is(
    fault(() => put('5', '')),
    'quota',
  );
});

test('what takes the name of a value that is still read counts as itself', (t) => {
  const { store, put, open, root, quota } = openKeys(new SimDisk());
  put('a', 'old');
  const removed = open('a', reading);
  root.unlinkFileAt('a');
  put('a', 'x'.repeat(40));
  removed.close();
  t.is(quota.used.bytes, store.measure().bytes);
  const renamed = open('a', reading);
  root.renameAt('a', root, 'b');
  put('a', 'y');
  root.unlinkFileAt('a');
  renamed.close();
  t.is(quota.used.bytes, store.measure().bytes);
  const replaced = open('b', reading);
  put('b', 'z'.repeat(40));
  t.is(quota.used.bytes, 80, 'it lies on the disk until nobody reads it');
  replaced.close();
  const gone = open('b', reading);
  root.unlinkFileAt('b');
  t.is(quota.used.bytes, 40);
  gone.close();
  t.is(quota.used.bytes, 0);
});

type Step = readonly [name: string, key: string, other: string, size: number];

const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom('read', 'write', 'change', 'close', 'unlink', 'rename', 'abandon'),
  ...[fc.constantFrom('a', 'b'), fc.constantFrom('a', 'b')],
  fc.nat(60),
);

test('whatever is done with keys, the quota says what a new measurement finds', (t) => {
  const isRight = (steps: readonly Step[]): boolean => {
    const { open, root, quota, store, directory } = openKeys(new SimDisk());
    const files: OpenFile[] = [];
    for (const [name, key, other, size] of steps) {
      const does: Readonly<Record<string, () => unknown>> = {
        read: () => files.push(open(key, reading)),
        write: () => files.push(open(key, { ...replacing, truncate: size > 30 })),
        change: () => files.at(-1)?.resize(size),
        close: () => files.splice(size % Math.max(1, files.length), 1)[0]?.close(),
        unlink: () => root.unlinkFileAt(key),
        rename: () => root.renameAt(key, root, other),
        abandon: () => size < 6 && directory.abandon(),
      };
      fault(does[name]!);
    }
    for (const file of files) file.close();
    const { bytes, entries } = quota.used;
    return bytes === store.measure().bytes && entries === store.measure().entries;
  };
  t.notThrows(() => fc.assert(fc.property(fc.array(step, { maxLength: 40, size: 'max' }), isRight), { numRuns: 1000 }));
});

test('a key is the same node in every run, whatever names came and went before it', (t) => {
  const disk = new SimDisk();
  const { put, root } = openKeys(disk);
  for (let count = 0; count < 20; count++) {
    put(`name-${count}`, '');
    root.unlinkFileAt(`name-${count}`);
  }
  for (const key of ['speed', 'course']) put(key, key);
  const inodes = ['course', 'speed'].map((key) => root.statAt(key, false).inode);
  const { root: later } = openKeys(disk);
  t.deepEqual(
    ['course', 'speed'].map((key) => later.statAt(key, false).inode),
    inodes,
  );
  t.not(inodes[0], inodes[1]);
});

test('a value has at most a mebibyte, whatever the quota: it is gathered in memory', (t) => {
  const { open, get, put } = openKeys(new SimDisk(), 2 ** 22);
  put('log', 'x');
  const file = open('log', { ...reading, write: true });
  t.is(file.write(new Uint8Array(2 ** 20), 0), 2 ** 20);
  t.is(
    fault(() => file.append(Uint8Array.of(1))),
    'file-too-large',
  );
  t.is(
    fault(() => file.resize(2 ** 20 + 1)),
    'file-too-large',
  );
  file.close();
  t.is(get('log').length, 200);
});

test('keys are listed without asking the disk, whoever else writes how many', (t) => {
  const disk = new SimDisk();
  const { root, put, quota } = openKeys(disk);
  for (const key of ['a', 'b', 'c']) put(key, key);
  root.unlinkFileAt('b');
  root.renameAt('a', root, 'd');
  const again = openKeys(disk);
  const list = disk.list.bind(disk);
  disk.list = () => t.fail() as never;
  const names = (of: typeof root) => [...of.entries()].map(({ name }) => name).sort();
  t.deepEqual(names(root), ['c', 'd']);
  t.deepEqual(names(again.root), ['c', 'd']);
  t.deepEqual(quota.used, again.quota.used);
  disk.list = list;
});

test('a name that is no key, and whatever is no file, is refused', (t) => {
  const { put, root } = openKeys(new SimDisk());
  put('a', '');
  const refusals = {
    'a/b': () => put('a/b', ''),
    '../a': () => put('../a', ''),
    'a long one': () => put('k'.repeat(201), ''),
    directory: () => root.createDirectoryAt('d'),
    symlink: () => root.createLinkAt('l', 'a'),
    link: () => root.linkAt('a', root, 'b'),
  };
  t.deepEqual(Object.fromEntries(Object.entries(refusals).map(([what, attempt]) => [what, fault(attempt)])), {
    'a/b': 'not-directory',
    '../a': 'not-capable',
    'a long one': 'name-too-long',
    directory: 'not-permitted',
    symlink: 'not-permitted',
    link: 'not-permitted',
  });
});

const counter = `
  char text[20] = {0};
  FILE *file = fopen("/kv/count", "r");
  if (file) fread(text, 1, 19, file), fclose(file);
  int count = atoi(text) + 1;
  file = fopen("/kv/count", "w");
  fprintf(file, "%d", count);
  fflush(file);
  printf("%d\\n", count);
  if (count == 2) __builtin_trap();`;

cTest('a program that ends without closing has written; one that traps before it closes has not', async (t) => {
  const { runtime, application, logOf } = openRuntime(t);
  const first = application('counter', cModule(counter), { kv: { bytesMax: 4096 } });
  for (const version of ['1', '2', '3']) {
    await runtime.apply([{ ...first, version }]);
    await statesWhen(runtime, ({ counter: state }) => state === 'completed' || state === 'failed');
  }
  t.deepEqual(
    [...logOf('counter').matchAll(/ out (.*)/g)].map(([, text]) => text),
    ['1', '2', '2'],
  );
});
