/** The calls on files and directories, rule by rule. */
import test from 'ava';
import { memoryDirectory } from '../../../../device-agent/runtime/primitives/memory-directory.ts';
import { errno } from '../../../../device-agent/runtime/wasi/errno.ts';
import { allRights, type Guest, granted, newGuest, onPath, open, read, symlink, twoPaths, write } from './guest.ts';

const createFlag = 1;

function newWriter(limits = { bytesMax: 2 ** 40, entriesMax: 1000, openMax: 100 }): Guest {
  return newGuest({
    directories: {
      '/data': granted(
        memoryDirectory({}, () => 5n),
        { limits },
      ),
    },
  });
}

/** A new file with a text in it, open for everything. */
function fileWith(guest: Guest, path: string, text: string, descriptorFlags = 0): number {
  const { error, descriptor } = open(guest, path, { flags: createFlag, rights: allRights, descriptorFlags });
  if (error !== 0 || write(guest, descriptor, text).error !== 0) throw new Error(`${path} could not be made`);
  return descriptor;
}

function textOf(guest: Guest, path: string): string {
  const { descriptor } = open(guest, path);
  const { text } = read(guest, descriptor);
  guest.call('fd_close', descriptor);
  return text;
}

/** Names that fd_readdir gives from a cookie on, and the cookie behind each. */
function list(guest: Guest, descriptor: number, cookie = 0n): [string, bigint][] {
  guest.call('fd_readdir', descriptor, 4096, 4096, cookie, 8);
  const end = 4096 + guest.view().getUint32(8, true);
  const entries: [string, bigint][] = [];
  for (let at = 4096; at < end; at += 24 + guest.view().getUint32(at + 16, true)) {
    entries.push([guest.peek(at + 24, guest.view().getUint32(at + 16, true)), guest.view().getBigUint64(at, true)]);
  }
  return entries;
}

function sizeOf(guest: Guest, descriptor: number): bigint {
  guest.call('fd_filestat_get', descriptor, 4096);
  return guest.view().getBigUint64(4096 + 32, true);
}

test('what is written goes on where the last write ended, and where fd_seek has put it', (t) => {
  const guest = newWriter();
  const file = fileWith(guest, 'log', 'one ');
  t.deepEqual(write(guest, file, 'two'), { error: errno.success, written: 3 });
  t.is(guest.call('fd_seek', file, 1n, 0, 16), errno.success);
  write(guest, file, 'NE');
  t.is(textOf(guest, 'log'), 'oNE two');
  t.is(guest.call('fd_tell', file, 16), errno.success);
  t.is(guest.view().getBigUint64(16, true), 3n);
});

test('a descriptor that appends writes at the end wherever it stands, and only as long as it has the flag', (t) => {
  const guest = newWriter();
  const file = fileWith(guest, 'log', 'one', 1);
  guest.call('fd_seek', file, 0n, 0, 16);
  write(guest, file, ' two');
  t.is(textOf(guest, 'log'), 'one two');
  t.is(guest.call('fd_fdstat_set_flags', file, 0), errno.success);
  guest.call('fd_seek', file, 0n, 0, 16);
  write(guest, file, 'ONE');
  t.is(textOf(guest, 'log'), 'ONE two');
  t.is(guest.call('fd_fdstat_set_flags', file, 32), errno.invalid);
});

test('fd_pread() and fd_pwrite() leave the position where it is, and a hole reads as zeros', (t) => {
  const guest = newWriter();
  const file = fileWith(guest, 'log', 'abc');
  guest.view().setUint32(0, 16_384, true);
  guest.view().setUint32(4, guest.poke(16_384, 'xyz'), true);
  t.is(guest.call('fd_pwrite', file, 0, 1, 5n, 8), errno.success);
  t.is(textOf(guest, 'log'), 'abc\0\0xyz');
  t.is(guest.call('fd_pread', file, 0, 1, 6n, 8), errno.success);
  t.is(guest.peek(16_384, guest.view().getUint32(8, true)), 'yz');
  t.is(guest.call('fd_pread', file, 0, 1, -1n, 8), errno.invalid);
  guest.call('fd_tell', file, 16);
  t.is(guest.view().getBigUint64(16, true), 3n);
});

test('fd_allocate() makes a file as long as asked for and never shorter; fd_filestat_set_size() does both', (t) => {
  const guest = newWriter({ bytesMax: 1000, entriesMax: 10, openMax: 10 });
  const file = fileWith(guest, 'log', 'abc');
  t.is(guest.call('fd_allocate', file, 10n, 10n), errno.success);
  t.is(guest.call('fd_allocate', file, 0n, 5n), errno.success);
  t.is(sizeOf(guest, file), 20n);
  t.is(guest.call('fd_allocate', file, 0n, 0n), errno.invalid);
  t.is(guest.call('fd_allocate', file, 990n, 20n), errno.quota);
  t.is(guest.call('fd_allocate', file, -1n, 1n), errno.fileTooLarge);
  t.is(guest.call('fd_filestat_set_size', file, 2n), errno.success);
  t.is(textOf(guest, 'log'), 'ab');
  t.is(guest.call('fd_filestat_set_size', file, 1001n), errno.quota);
});

test('a write of more than the quota has room for is short, and the next one fails', (t) => {
  const guest = newWriter({ bytesMax: 10, entriesMax: 10, openMax: 10 });
  const file = fileWith(guest, 'log', '12345678');
  t.deepEqual(write(guest, file, 'abcd'), { error: errno.success, written: 2 });
  t.is(write(guest, file, 'x').error, errno.quota);
});

test('times are set or taken from the clock as the flags say, and never both', (t) => {
  const guest = newWriter();
  fileWith(guest, 'log', '');
  const set = (flags: number) =>
    onPath(guest, 'path_filestat_set_times', 'log', { before: [0], behind: [7n, 8n, flags] });
  const times = () => {
    onPath(guest, 'path_filestat_get', 'log', { before: [0], behind: [4096] });
    return [guest.view().getBigUint64(4096 + 40, true), guest.view().getBigUint64(4096 + 48, true)];
  };
  t.is(set(1 | 4), errno.success);
  t.deepEqual(times(), [7n, 8n]);
  t.is(set(8), errno.success);
  t.deepEqual(times(), [7n, BigInt(guest.now()) * 1_000_000n]);
  t.is(set(1 | 2), errno.invalid);
  t.is(set(4 | 8), errno.invalid);
  t.is(set(16), errno.invalid);
});

test('a cookie goes on in the directory as it was when reading began, and 0 begins anew', (t) => {
  const guest = newWriter();
  for (const name of ['a', 'b', 'c']) fileWith(guest, name, '');
  const [, , [first, cookie] = ['', 0n], ...rest] = list(guest, 3);
  t.is(first, 'a');
  onPath(guest, 'path_unlink_file', 'a');
  onPath(guest, 'path_unlink_file', 'b');
  t.deepEqual(list(guest, 3, cookie), rest);
  t.deepEqual(
    list(guest, 3).map(([name]) => name),
    ['.', '..', 'c'],
  );
  t.deepEqual(list(guest, 3, 999n), []);
});

test('of a large directory a part is held: who goes back to what lies before it has it read anew', (t) => {
  const guest = newWriter();
  for (let at = 0; at < 600; at++) guest.call('fd_close', fileWith(guest, `file${at}`, ''));
  const [, , [first, cookie] = ['', 0n]] = list(guest, 3);
  t.is(first, 'file0');
  list(guest, 3, 600n);
  onPath(guest, 'path_unlink_file', 'file1');
  t.is(list(guest, 3, cookie)[0]?.[0], 'file2');
});

test('path_open() opens, makes, cuts and refuses by its flags', (t) => {
  const guest = newWriter();
  fileWith(guest, 'log', 'abc');
  t.is(open(guest, 'log', { flags: createFlag | 4 }).error, errno.exists);
  t.is(open(guest, 'log', { flags: 2 }).error, errno.notDirectory);
  t.is(open(guest, 'log', { flags: 16 }).error, errno.invalid);
  t.is(open(guest, 'log', { lookup: 2 }).error, errno.invalid);
  t.is(open(guest, 'log', { descriptorFlags: 64 }).error, errno.invalid);
  t.is(open(guest, 'log', { flags: 8, rights: 0n }).error, errno.success);
  t.is(textOf(guest, 'log'), '');
  t.is(open(guest, '.', { rights: allRights }).error, errno.isDirectory, 'a directory is not written to');
});

test('links are made, read, followed and told apart; what is read of one is cut to the room there is', (t) => {
  const guest = newWriter();
  fileWith(guest, 'log', 'abc');
  t.is(symlink(guest, 'log', 'link'), errno.success);
  t.is(symlink(guest, 'log', 'link'), errno.exists);
  guest.moved();
  t.is(onPath(guest, 'path_readlink', 'link', { behind: [4096, 2, 8] }), errno.success);
  t.is(guest.moved(), 'link'.length + 2, 'what it pays for');
  t.is(guest.peek(4096, guest.view().getUint32(8, true)), 'lo');
  t.is(onPath(guest, 'path_readlink', 'log', { behind: [4096, 2, 8] }), errno.invalid);
  t.is(open(guest, 'link').error, errno.loop);
  t.is(open(guest, 'link', { lookup: 1 }).error, errno.success);
  t.is(twoPaths(guest, 'path_link', 'log', 'second'), errno.success);
  t.is(twoPaths(guest, 'path_rename', 'second', 'link'), errno.success);
  t.is(textOf(guest, 'link'), 'abc');
});

test('a file stays readable for who holds it when its name is gone', (t) => {
  const guest = newWriter();
  const file = fileWith(guest, 'log', 'abc');
  t.is(onPath(guest, 'path_unlink_file', 'log'), errno.success);
  guest.call('fd_seek', file, 0n, 0, 16);
  t.is(read(guest, file).text, 'abc');
  t.is(open(guest, 'log').error, errno.noEntry);
});

test('descriptors that are no files have no positions, sizes or advice', (t) => {
  const guest = newWriter();
  t.is(guest.call('fd_seek', 1, 0n, 0, 16), errno.illegalSeek);
  t.is(guest.call('fd_seek', 3, 0n, 0, 16), errno.isDirectory);
  t.is(guest.call('fd_filestat_set_size', 3, 0n), errno.notCapable);
  t.is(guest.call('fd_advise', 1, 0n, 0n, 0), errno.notCapable);
  t.is(guest.call('fd_advise', fileWith(guest, 'log', ''), 0n, 0n, 6), errno.invalid);
  t.is(guest.call('fd_sync', 3), errno.success);
  t.is(read(guest, 3).error, errno.notCapable);
});

test('one call moves 16 MiB at most, whatever its vectors say, and 1,024 vectors', (t) => {
  const written: number[] = [];
  const takes = { isReady: () => true, onReady: () => ({ [Symbol.dispose]: () => {} }) };
  const guest = newGuest({ stdout: { ...takes, write: (bytes) => written.push(bytes.length) && bytes.length } });
  guest.linear.grow(1);
  for (let index = 0; index < 1024; index++) guest.view().setUint32(index * 8 + 4, 131_072, true);
  t.is(guest.call('fd_write', 1, 0, 1024, 16_384), errno.success);
  t.is(
    written.reduce((sum, count) => sum + count, 0),
    16 * 2 ** 20,
  );
  t.is(guest.view().getUint32(16_384, true), 16 * 2 ** 20);
  t.is(guest.call('fd_write', 1, 0, 1025, 16_384), errno.invalid);
});
