/** Calls that take long: others have their turn in between, and what comes of them is the same. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { KvDirectory } from '../../../../device-agent/runtime/grants/kv-directory.ts';
import { KvStore } from '../../../../device-agent/runtime/grants/kv-store.ts';
import { memoryDirectory } from '../../../../device-agent/runtime/primitives/memory-directory.ts';
import { OpenDirectory } from '../../../../device-agent/runtime/primitives/open-directory.ts';
import { Quota } from '../../../../device-agent/runtime/primitives/quota.ts';
import { lineOutput } from '../../../../device-agent/runtime/primitives/streams.ts';
import { atOnce } from '../../../../device-agent/runtime/primitives/stretches.ts';
import { errno } from '../../../../device-agent/runtime/wasi/errno.ts';
import { nodeDisk } from '../../../../platform/node/disk.ts';
import { openHostDirectory } from '../../../../platform/node/host-directory.ts';
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

test('who waits for a disk holds up nobody: what is synced, and what is written to a key, which is there when it is closed', async (t) => {
  const path = mkdtempSync(join(tmpdir(), 'fleet-slow-'));
  t.teardown(() => rmSync(path, { recursive: true }));
  for (const name of ['data', 'kv']) mkdirSync(join(path, name));
  const store = atOnce(KvStore.opening(nodeDisk, join(path, 'kv')));
  const quota = new Quota({ bytesMax: 100, entriesMax: 5, openMax: 8 }, store.measure());
  const keys = new OpenDirectory(new KvDirectory(store, quota), { isWritable: true, quota });
  const guest = newGuest({ directories: { '/data': granted(openHostDirectory(join(path, 'data'))), '/kv': keys } });
  const make = (directory: number): number =>
    open(guest, 'a', { directory, flags: 1, rights: allRights, inheriting: allRights }).descriptor;
  const [file, key] = [make(3), make(4)];
  const syncing = guest.call('fd_sync', file);
  t.true(syncing instanceof Promise);
  t.is(guest.call('fd_close', file), errno.success, 'it is closed when the disk is through with it');
  t.is(await syncing, errno.success);
  t.is(write(guest, key, 'abc').error, errno.success);
  const closing = guest.call('fd_close', key);
  t.true(closing instanceof Promise);
  t.is(
    open(guest, 'a', { directory: 4, flags: 1, rights: allRights, inheriting: allRights }).error,
    errno.busy,
    'it has its writer',
  );
  t.is(await closing, errno.success);
  t.is(Buffer.from(store.read('a')).toString(), 'abc');
});
