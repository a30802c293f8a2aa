/** Calls that take long: others have their turn in between, and what comes of them is the same. */
import test from 'ava';
import { memoryDirectory } from '../../../../device-agent/runtime/primitives/memory-directory.ts';
import { lineOutput } from '../../../../device-agent/runtime/primitives/streams.ts';
import { errno } from '../../../../device-agent/runtime/wasi/errno.ts';
import { allRights, granted, newGuest, open, write } from './guest.ts';

const entries = 300;
const wholeMemory = 131_072;

/** A guest that others share the thread with: whenever it may give way, it does. */
function newGuestAmongOthers() {
  let times = 0;
  const lines: number[] = [];
  const files = Object.fromEntries(Array.from({ length: entries }, (_, index) => [`f${index}`, new Uint8Array(0)]));
  const guest = newGuest({
    directories: { '/data': granted(memoryDirectory(files)) },
    stdout: lineOutput((bytes) => lines.push(bytes.length)),
    giveWay: () => {
      times += 1;
      return Promise.resolve();
    },
  });
  guest.linear.grow(1);
  return { guest, lines, times: () => times };
}

test('random_get() of much memory fills all of it and gives way in between', async (t) => {
  const { guest, times } = newGuestAmongOthers();
  t.is(await guest.call('random_get', 0, wholeMemory), errno.success);
  t.true(new Uint8Array(guest.linear.buffer).every((byte) => byte === 7));
  t.is(times(), 1);
});

test('a file is written and read whole by one call, however much it is, which gives way in between', async (t) => {
  const { guest, times } = newGuestAmongOthers();
  const { descriptor } = open(guest, 'big', { flags: 1, rights: allRights, inheriting: allRights });
  const bytes = wholeMemory - 64;
  guest.view().setUint32(0, 64, true);
  guest.view().setUint32(4, bytes, true);
  t.is(await guest.call('fd_write', descriptor, 0, 1, 8), errno.success);
  t.is(guest.view().getUint32(8, true), bytes);
  t.is(await guest.call('fd_pread', descriptor, 0, 1, 0n, 8), errno.success);
  t.is(guest.view().getUint32(8, true), bytes);
  t.is(times(), 2);
});

test('lines are taken by the portion, and all of them by one call', async (t) => {
  const { guest, lines, times } = newGuestAmongOthers();
  const { error } = write(guest, 1, '\n'.repeat(10_000));
  t.is(await error, errno.success);
  t.is(guest.view().getUint32(8, true), 10_000);
  t.true(lines.length === 10 && Math.max(...lines) <= 1_024);
  t.is(times(), 9);
});

test('a directory of any size is listed with way given in between, each entry once, also after going back', async (t) => {
  const { guest, times } = newGuestAmongOthers();
  const list = async (cookie: bigint): Promise<string[]> => {
    t.is(await guest.call('fd_readdir', 3, 4096, 60_000, cookie, 8), errno.success);
    const end = 4096 + guest.view().getUint32(8, true);
    const names: string[] = [];
    for (let at = 4096; at < end; at += 24 + guest.view().getUint32(at + 16, true)) {
      names.push(guest.peek(at + 24, guest.view().getUint32(at + 16, true)));
    }
    return names;
  };
  const all = await list(0n);
  t.is(new Set(all).size, entries + 2);
  t.true(times() >= 4);
  t.deepEqual(await list(200n), all.slice(200), 'what is held still');
  t.deepEqual(await list(3n), all.slice(3), 'what is read anew');
});
