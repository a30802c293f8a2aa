import test from 'ava';
import fc from 'fast-check';
import { memoryDirectory } from '../../../../device-agent/runtime/primitives/memory-directory.ts';
import { errno } from '../../../../device-agent/runtime/wasi/errno.ts';
import { wasiModule } from '../../../../device-agent/runtime/wasi/preview1.ts';
import { granted, newGuest, open } from './guest.ts';

test('path_open() and fd_read() give the configuration and nothing else', (t) => {
  const guest = newGuest();
  const { error, descriptor } = open(guest, 'config.json');
  t.is(error, errno.success);
  guest.view().setUint32(0, 4096, true);
  guest.view().setUint32(4, 100, true);
  t.is(guest.call('fd_read', descriptor, 0, 1, 8), errno.success);
  t.is(guest.peek(4096, guest.view().getUint32(8, true)), '{"a":1}');
  t.is(guest.call('fd_read', descriptor, 0, 1, 8), errno.success);
  t.is(guest.view().getUint32(8, true), 0, 'the end of the file');
});

test('path_open() refuses every way out of the granted directory', (t) => {
  const guest = newGuest();
  const answers = ['../etc/passwd', '/etc/passwd', '..', './../config/config.json', 'x/../../..'].map(
    (path) => open(guest, path).error,
  );
  t.deepEqual(answers, [
    errno.notCapable,
    errno.notCapable,
    errno.notCapable,
    errno.notCapable,
    errno.noEntry, // x is not there to go back from.
  ]);
});

test('path_open() tells apart what is not there, not a directory, and not allowed', (t) => {
  const guest = newGuest();
  t.is(open(guest, 'other.json').error, errno.noEntry);
  t.is(open(guest, '').error, errno.noEntry);
  t.is(open(guest, 'config.json/').error, errno.notDirectory);
  t.is(open(guest, 'config.json/..').error, errno.notDirectory);
  t.is(open(guest, 'config.json', { flags: 2 }).error, errno.notDirectory);
  t.is(open(guest, 'new.json', { flags: 1 }).error, errno.notCapable);
  t.is(open(guest, 'config.json', { flags: 8 }).error, errno.notCapable);
  t.is(open(guest, 'config.json', { rights: 1n << 6n }).error, errno.notCapable);
  t.is(open(guest, 'config.json\0').error, errno.badSequence);
  t.is(open(guest, 'x'.repeat(5000)).error, errno.nameTooLong);
  t.is(open(guest, 'x'.repeat(256)).error, errno.nameTooLong);
  t.is(open(guest, '.').error, errno.success);
});

test('calls that would change files of a grant that is read-only or reach the network answer with an error, for open descriptors and closed ones', (t) => {
  const guest = newGuest();
  const length = guest.poke(0, 'config.json');
  t.is(guest.call('path_unlink_file', 3, 0, length), errno.notCapable);
  t.is(guest.call('path_create_directory', 3, 0, length), errno.notCapable);
  t.is(guest.call('path_rename', 3, 0, length, 3, 0, length), errno.notCapable);
  t.is(guest.call('path_symlink', 0, length, 3, 0, length), errno.notCapable);
  t.is(guest.call('fd_pwrite', open(guest, 'config.json').descriptor, 0, 0, 0n, 0), errno.notCapable);
  t.is(guest.call('fd_write', open(guest, 'config.json').descriptor, 0, 0, 0), errno.notCapable);
  t.is(guest.call('sock_accept', 3, 0, 0), errno.notSocket);
  t.is(guest.call('sock_send', 99, 0, 0, 0, 0), errno.badDescriptor);
  t.is(guest.call('path_unlink_file', 99, 0, length), errno.badDescriptor);
});

test('pointers outside memory answer EFAULT, also at its edges and after it grew', (t) => {
  const guest = newGuest();
  const size = 65_536;
  t.is(guest.call('fd_tell', open(guest, 'config.json').descriptor, size - 7), errno.fault);
  t.is(guest.call('random_get', size - 4, 5), errno.fault);
  t.is(guest.call('random_get', -4, 4), errno.fault);
  t.is(guest.call('random_get', 0, -1), errno.fault);
  t.is(guest.call('random_get', size - 4, 4), errno.success);
  guest.linear.grow(1);
  t.is(guest.call('random_get', size - 4, 5), errno.success);
});

test('fd_readdir() fills small buffers and goes on at a cookie', (t) => {
  const guest = newGuest();
  t.is(guest.call('fd_readdir', 3, 0, 4096, 0n, 8000), errno.success);
  const used = guest.view().getUint32(8000, true);
  t.is(used, 3 * 24 + '.'.length + '..'.length + 'config.json'.length);
  t.is(guest.call('fd_readdir', 3, 0, 30, 2n, 8000), errno.success);
  t.is(guest.view().getUint32(8000, true), 30);
  t.is(guest.peek(24, 6), 'config');
  t.is(guest.call('fd_readdir', 3, 0, 30, 3n, 8000), errno.success);
  t.is(guest.view().getUint32(8000, true), 0);
});

test('preopened directories end where they end, so that a C library stops asking', (t) => {
  const guest = newGuest();
  t.is(guest.call('fd_prestat_get', 3, 0), errno.success);
  t.is(guest.call('fd_prestat_dir_name', 3, 8, guest.view().getUint32(4, true)), errno.success);
  t.is(guest.peek(8, 7), '/config');
  t.is(guest.call('fd_prestat_get', 4, 0), errno.badDescriptor);
  t.is(guest.call('fd_prestat_dir_name', 3, 8, 3), errno.nameTooLong);
});

test('poll_oneoff() sleeps until the earliest clock and tells of that one only', (t) => {
  const guest = newGuest();
  const subscribe = (at: number, userdata: bigint, nanoseconds: bigint): void => {
    guest.view().setBigUint64(at, userdata, true);
    guest.view().setUint32(at + 16, 1, true);
    guest.view().setBigUint64(at + 24, nanoseconds, true);
  };
  subscribe(0, 11n, 500_000_000n);
  subscribe(48, 22n, 200_000_000n);
  const before = guest.now();
  t.is(guest.call('poll_oneoff', 0, 1000, 2, 2000), errno.success);
  t.is(guest.now() - before, 200);
  t.is(guest.view().getUint32(2000, true), 1);
  t.is(guest.view().getBigUint64(1000, true), 22n);
  t.is(guest.call('poll_oneoff', 0, 1000, 0, 2000), errno.invalid);
});

test('poll_oneoff() takes so many subscriptions as a program has reason for, and no more', (t) => {
  const guest = newGuest();
  guest.linear.grow(1);
  t.is(guest.call('poll_oneoff', 0, 65_536, 1024, 131_000), errno.success);
  t.is(guest.call('poll_oneoff', 0, 65_536, 1025, 131_000), errno.invalid);
});

test('fd_seek() stays within what a position can be', (t) => {
  const guest = newGuest();
  const { descriptor } = open(guest, 'config.json');
  t.is(guest.call('fd_seek', descriptor, -3n, 2, 0), errno.success);
  t.is(guest.view().getBigUint64(0, true), 4n);
  t.is(guest.call('fd_seek', descriptor, -5n, 1, 0), errno.invalid);
  t.is(guest.call('fd_seek', descriptor, 0n, 7, 0), errno.invalid);
  t.is(guest.call('fd_seek', 1, 0n, 0, 0), errno.illegalSeek);
});

test('a guest that opens without end is told so at 256 descriptors', (t) => {
  const guest = newGuest();
  const answers = Array.from({ length: 300 }, () => open(guest, 'config.json').error);
  t.is(answers.filter((answer) => answer === errno.success).length, 252);
  t.is(answers.at(-1), errno.tooManyDescriptors);
});

test('no arguments whatever make a call throw, write out of bounds or answer nothing', (t) => {
  const shapes: Readonly<Record<string, string>> = {
    args_get: 'ii', args_sizes_get: 'ii', clock_res_get: 'ii', clock_time_get: 'iIi', environ_get: 'ii',
    environ_sizes_get: 'ii', fd_advise: 'iIIi', fd_allocate: 'iII', fd_close: 'i', fd_datasync: 'i',
    fd_fdstat_get: 'ii', fd_fdstat_set_flags: 'ii', fd_fdstat_set_rights: 'iII', fd_filestat_get: 'ii',
    fd_filestat_set_size: 'iI', fd_filestat_set_times: 'iIIi', fd_pread: 'iiiIi', fd_prestat_dir_name: 'iii',
    fd_prestat_get: 'ii', fd_pwrite: 'iiiIi', fd_read: 'iiii', fd_readdir: 'iiiIi', fd_renumber: 'ii', fd_seek: 'iIii',
    fd_sync: 'i', fd_tell: 'ii', fd_write: 'iiii', path_create_directory: 'iii', path_filestat_get: 'iiiii',
    path_filestat_set_times: 'iiiiIIi', path_link: 'iiiiiii', path_open: 'iiiiiIIii', path_readlink: 'iiiiii',
    path_remove_directory: 'iii', path_rename: 'iiiiii', path_symlink: 'iiiii', path_unlink_file: 'iii',
    poll_oneoff: 'iiii', proc_raise: 'i', random_get: 'ii', sched_yield: '', sock_accept: 'iii', sock_recv: 'iiiiii',
    sock_send: 'iiiii', sock_shutdown: 'ii',
  }; // biome-ignore format: a table
  const i32 = fc.oneof(fc.integer({ min: 0, max: 8 }), fc.integer(), fc.constantFrom(65_535, 65_536, -1, 1024));
  const i64 = fc.oneof(fc.bigInt({ min: 0n, max: 64n }), fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }));
  const step = fc
    .constantFrom(...Object.keys(shapes))
    .chain((name) =>
      fc.tuple(fc.constant(name), fc.tuple(...[...shapes[name]!].map((kind) => (kind === 'I' ? i64 : i32)))),
    );
  const limits = { bytesMax: 100_000, entriesMax: 10, openMax: 10 };
  fc.assert(
    fc.property(fc.constantFrom(wasiModule, 'wasi_unstable'), fc.array(step, { maxLength: 20 }), (from, steps) => {
      const guest = newGuest({ directories: { '/': granted(memoryDirectory(), { limits }) } }, from);
      guest.poke(0, 'a/b../c.json');
      for (const [name, values] of steps) {
        if (from === 'wasi_unstable' && name === 'sock_accept') continue;
        const answer = guest.call(name, ...(values as (number | bigint)[]));
        if (typeof answer !== 'number' || answer < 0 || answer > 76) throw new Error(`${name} answered ${answer}`);
      }
      guest.close();
    }),
    { numRuns: 1000 },
  );
  t.pass();
});
