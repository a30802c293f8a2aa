/** Where `wasi_unstable` differs from preview 1. */
import test from 'ava';
import { memoryDirectory } from '../../../../device-agent/runtime/primitives/memory-directory.ts';
import { errno } from '../../../../device-agent/runtime/wasi/errno.ts';
import { systemCall } from '../../../../device-agent/runtime/wasi/preview1.ts';
import { runGuest } from '../host/run-guest.ts';
import { buildModule, op } from '../module-builder.ts';
import { granted, newGuest, onPath, open } from './guest.ts';

const elder = 'wasi_unstable';

function newElder() {
  const files = { log: new TextEncoder().encode('0123456789') };
  return newGuest({ directories: { '/': granted(memoryDirectory(files, () => 99n)) } }, elder);
}

test('the elder counts whence from the current position, the end, the start', (t) => {
  const guest = newElder();
  const { descriptor } = open(guest, 'log');
  const seek = (offset: bigint, whence: number) => {
    t.is(guest.call('fd_seek', descriptor, offset, whence, 0), errno.success);
    return guest.view().getBigUint64(0, true);
  };
  t.is(seek(4n, 2), 4n);
  t.is(seek(3n, 0), 7n);
  t.is(seek(-1n, 1), 9n);
  t.is(guest.call('fd_seek', descriptor, 0n, 3, 0), errno.invalid);
});

test("the elder's filestat has 56 bytes: links of 32 bits at 20, the size at 24, three times behind it", (t) => {
  const guest = newElder();
  guest.view().setBigUint64(4096 + 56, 123n, true);
  t.is(onPath(guest, 'path_filestat_get', 'log', { before: [0], behind: [4096] }), errno.success);
  t.is(guest.view().getUint8(4096 + 16), 4);
  t.is(guest.view().getUint32(4096 + 20, true), 1);
  t.is(guest.view().getBigUint64(4096 + 24, true), 10n);
  t.is(guest.view().getBigUint64(4096 + 48, true), 99n);
  t.is(guest.view().getBigUint64(4096 + 56, true), 123n, 'what lies behind it is not touched');
  t.is(guest.call('fd_filestat_get', open(guest, 'log').descriptor, 65_536 - 56), errno.success);
});

test("the elder's subscription has 56 bytes: its clock at 24, the timeout at 32", (t) => {
  const guest = newElder();
  for (const [at, nanoseconds] of [
    [0, 500_000_000n],
    [56, 200_000_000n],
  ] as const) {
    guest.view().setBigUint64(at, BigInt(at + 1), true);
    guest.view().setUint32(at + 24, 1, true);
    guest.view().setBigUint64(at + 32, nanoseconds, true);
  }
  const before = guest.now();
  t.is(guest.call('poll_oneoff', 0, 1000, 2, 2000), errno.success);
  t.is(guest.now() - before, 200);
  t.is(guest.view().getBigUint64(1000, true), 57n);
});

test('a module of the elder runs; sock_accept, which is younger, it does not have', async (t) => {
  t.is(systemCall(elder, 'sock_accept'), undefined);
  t.not(systemCall(elder, 'sock_recv'), undefined);
  const bytes = buildModule({
    imports: [{ module: elder, name: 'proc_exit', params: ['i32'] }],
    functions: { _start: [op.i32(-1), op.call(0)] },
  });
  t.deepEqual((await runGuest(bytes)).end, { kind: 'exited', exitCode: -1 });
});
