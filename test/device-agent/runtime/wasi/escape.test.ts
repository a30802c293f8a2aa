/** Every known way out of a granted directory of this machine, tried by a guest. */
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { errno } from '../../../../device-agent/runtime/wasi/errno.ts';
import { openHostDirectory } from '../../../../platform/node/host-directory.ts';
import { allRights, granted, newGuest, onPath, open, read, symlink, twoPaths, write } from './guest.ts';

/** A grant with a directory, a file and a link to outside, where a secret lies, and a guest that has it as 3. */
function newGrant(t: ExecutionContext) {
  const around = fs.mkdtempSync(join(tmpdir(), 'fleet-escape-'));
  const path = join(around, 'grant');
  const outside = join(around, 'outside');
  fs.mkdirSync(join(path, 'door'), { recursive: true });
  fs.mkdirSync(outside);
  fs.writeFileSync(join(path, 'door/secret'), 'inside');
  fs.writeFileSync(join(outside, 'secret'), 'outside');
  fs.symlinkSync(outside, join(path, 'link'));
  const guest = newGuest({ directories: { '/data': granted(openHostDirectory(path)) } });
  t.teardown(() => {
    guest.close();
    fs.rmSync(around, { recursive: true });
  });
  return { guest, path, outside };
}

const ways = [
  '../outside/secret',
  'door/../../outside/secret',
  './/.././outside/secret',
  'link/secret',
  'link/../outside/secret',
  'door/../link/secret',
  'relative/secret',
  'relative/../../outside/secret',
  'twice/secret',
  '/etc/passwd',
  '//etc/passwd',
  '/data/door/secret',
  '/proc/self/root/etc/passwd',
  'root/etc/passwd',
  'self/secret',
];

function makeLinks(path: string): void {
  fs.symlinkSync('../outside', join(path, 'relative'));
  fs.symlinkSync('door/../relative', join(path, 'twice'));
  fs.symlinkSync('/proc/self/root', join(path, 'root'));
  fs.symlinkSync('/proc/self/cwd', join(path, 'self'));
}

test('no path leads out of the grant, whatever it is to be used for', (t) => {
  const { guest, path, outside } = newGrant(t);
  makeLinks(path);
  for (const way of ways) {
    t.is(open(guest, way, { lookup: 1 }).error, errno.notCapable, `open ${way}`);
    t.is(open(guest, way, { lookup: 1, flags: 1 | 8, rights: allRights }).error, errno.notCapable, `create ${way}`);
    t.is(onPath(guest, 'path_filestat_get', way, { before: [1], behind: [4096] }), errno.notCapable, `stat ${way}`);
    t.is(onPath(guest, 'path_create_directory', `${way}-new`), errno.notCapable, `mkdir ${way}`);
    t.is(onPath(guest, 'path_unlink_file', way), errno.notCapable, `unlink ${way}`);
    t.is(onPath(guest, 'path_remove_directory', way), errno.notCapable, `rmdir ${way}`);
    t.is(onPath(guest, 'path_readlink', way, { behind: [4096, 100, 4000] }), errno.notCapable, `readlink ${way}`);
    t.is(
      onPath(guest, 'path_filestat_set_times', way, { before: [1], behind: [0n, 0n, 5] }),
      errno.notCapable,
      `utimes ${way}`,
    );
    t.is(twoPaths(guest, 'path_rename', way, 'door/taken'), errno.notCapable, `rename from ${way}`);
    t.is(twoPaths(guest, 'path_rename', 'door/secret', way), errno.notCapable, `rename to ${way}`);
    t.is(twoPaths(guest, 'path_link', way, 'door/taken'), errno.notCapable, `link ${way}`);
    t.is(twoPaths(guest, 'path_link', 'door/secret', way), errno.notCapable, `link to ${way}`);
    t.is(symlink(guest, 'door', `${way}-new`), errno.notCapable, `symlink ${way}`);
  }
  t.deepEqual(fs.readdirSync(outside), ['secret']);
  t.is(fs.readFileSync(join(outside, 'secret'), 'utf8'), 'outside');
});

test('a link that leads out may be looked at, moved and removed as the link it is, and is not followed by a slash', (t) => {
  const { guest, path, outside } = newGrant(t);
  t.is(open(guest, 'link').error, errno.loop);
  t.is(open(guest, 'link', { flags: 2 }).error, errno.notDirectory);
  t.is(open(guest, 'link/').error, errno.notCapable);
  t.is(onPath(guest, 'path_filestat_get', 'link', { before: [0], behind: [4096] }), errno.success);
  t.is(guest.view().getUint8(4096 + 16), 7);
  t.is(twoPaths(guest, 'path_link', 'link', 'second'), errno.success);
  t.is(twoPaths(guest, 'path_rename', 'link', 'door/link'), errno.success);
  t.is(open(guest, 'door/link/secret', { lookup: 1 }).error, errno.notCapable);
  t.is(onPath(guest, 'path_remove_directory', 'second/'), errno.notDirectory);
  t.is(onPath(guest, 'path_unlink_file', 'second/'), errno.notDirectory);
  t.is(onPath(guest, 'path_unlink_file', 'second'), errno.success);
  t.deepEqual(fs.readdirSync(outside), ['secret']);
  t.deepEqual(fs.readdirSync(path), ['door']);
});

test('links that a guest makes itself lead nowhere but inside', (t) => {
  const { guest } = newGrant(t);
  t.is(symlink(guest, '/etc/passwd', 'made'), errno.notCapable);
  t.is(symlink(guest, '../outside', 'made'), errno.success);
  t.is(open(guest, 'made/secret', { lookup: 1 }).error, errno.notCapable);
  t.is(symlink(guest, 'door/..', 'home'), errno.success);
  t.is(open(guest, 'home/door/secret', { lookup: 1 }).error, errno.success);
  t.is(open(guest, 'home/../outside/secret', { lookup: 1 }).error, errno.notCapable);
  // A link that was inside where it was made, moved up to where it leads out.
  t.is(symlink(guest, '../..', 'door/deep'), errno.success);
  t.is(twoPaths(guest, 'path_rename', 'door/deep', 'deep'), errno.success);
  t.is(open(guest, 'deep/outside/secret', { lookup: 1 }).error, errno.notCapable);
});

test('a directory that somebody moves out while a guest holds it gives no way further out', (t) => {
  const { guest, path, outside } = newGrant(t);
  const { descriptor } = open(guest, 'door', { flags: 2 });
  fs.renameSync(join(path, 'door'), join(outside, 'moved'));
  t.is(open(guest, '../secret', { directory: descriptor }).error, errno.notCapable);
  t.is(open(guest, '..', { directory: descriptor }).error, errno.notCapable);
  t.is(open(guest, 'door/secret').error, errno.noEntry);
});

test('devices, pipes and sockets below a grant are neither opened nor waited for', (t) => {
  const { guest, path } = newGrant(t);
  fs.mkdirSync(join(path, 'odd'));
  fs.symlinkSync('/dev/zero', join(path, 'odd/device'));
  t.is(spawnSync('mkfifo', [join(path, 'odd/pipe')]).status, 0);
  t.is(open(guest, 'odd/pipe').error, errno.notPermitted);
  t.is(open(guest, 'odd/pipe', { rights: allRights, flags: 1 }).error, errno.notPermitted);
  t.is(open(guest, 'odd/device', { lookup: 1 }).error, errno.notCapable);
});

test('links that only the kernel can follow lead nowhere, even where /proc itself was granted', (t) => {
  const guest = newGuest({ directories: { '/proc': granted(openHostDirectory('/proc/self'), { isWritable: false }) } });
  t.teardown(guest.close);
  for (const path of ['root/etc/passwd', 'root', 'cwd', 'cwd/package.json', 'exe', 'task/../root/etc']) {
    t.is(open(guest, path, { lookup: 1 }).error, errno.notCapable, path);
    t.not(open(guest, path).error, errno.success, path);
  }
  // What the kernel shows as `pipe:[123]` is a name like any other here, and nothing has it.
  t.not(open(guest, 'fd/0', { lookup: 1 }).error, errno.success);
});

test('a guest makes no hard link to a file outside; one that somebody else made is a file of the grant', (t) => {
  const { guest, path, outside } = newGrant(t);
  t.is(twoPaths(guest, 'path_link', '../outside/secret', 'door/taken'), errno.notCapable);
  t.is(twoPaths(guest, 'path_link', 'link/secret', 'door/taken'), errno.notCapable);
  fs.linkSync(join(outside, 'secret'), join(path, 'given'));
  t.is(read(guest, open(guest, 'given').descriptor).text, 'outside');
});

test('an entry whose name no guest could say is not listed, and the others are', (t) => {
  const { guest, path } = newGrant(t);
  fs.writeFileSync(Buffer.concat([Buffer.from(`${path}/door/`), Buffer.of(0xff, 0xfe)]), '');
  const { descriptor } = open(guest, 'door', { flags: 2 });
  t.is(guest.call('fd_readdir', descriptor, 4096, 4096, 0n, 8), errno.success);
  t.is(guest.view().getUint32(8, true), 3 * 24 + '.'.length + '..'.length + 'secret'.length);
});

test('odd bytes in paths are errors: NUL, what is no UTF-8, 64 KiB of path', (t) => {
  const { guest } = newGrant(t);
  t.is(open(guest, 'door\0/../../outside/secret').error, errno.badSequence);
  t.is(open(guest, 'door/secret\0').error, errno.badSequence);
  t.is(open(guest, Uint8Array.of(0x64, 0xc0, 0xae, 0xc0, 0xae, 0x2f)).error, errno.badSequence, 'overlong ..');
  t.is(open(guest, Uint8Array.of(0xff, 0xfe)).error, errno.badSequence);
  t.is(open(guest, 'a/'.repeat(30_000)).error, errno.nameTooLong);
  t.is(guest.call('path_open', 3, 0, 0, 65_536, 0, 2n, 0n, 0, 8), errno.nameTooLong);
  t.is(open(guest, '').error, errno.noEntry);
  t.is(open(guest, 'door/secret/').error, errno.notDirectory);
  t.is(open(guest, 'door/secret/.').error, errno.notDirectory);
  t.is(open(guest, 'door///secret').error, errno.success);
});

test('a number is worth what it stands for now: closed, renumbered and used again', (t) => {
  const { guest } = newGrant(t);
  const first = open(guest, 'door/secret').descriptor;
  t.is(guest.call('fd_close', first), errno.success);
  t.is(read(guest, first).error, errno.badDescriptor);
  t.is(guest.call('fd_close', first), errno.badDescriptor);
  const second = open(guest, 'door/new', { flags: 1, rights: allRights }).descriptor;
  t.is(second, first, 'the lowest free number');
  t.is(read(guest, second).text, '');
  // The grant's own number may be given to a file and then is that file, not a directory any more.
  t.is(guest.call('fd_renumber', second, 3), errno.success);
  t.is(open(guest, 'door/secret').error, errno.notDirectory);
  t.is(guest.call('fd_prestat_get', 3, 0), errno.badDescriptor);
  t.is(write(guest, 3, 'x').error, errno.success);
  t.is(guest.call('fd_renumber', 99, 3), errno.badDescriptor);
  t.is(guest.call('fd_renumber', 3, 99), errno.badDescriptor);
});

test('rights that were given up do not come back, neither by opening below nor by asking', (t) => {
  const { guest } = newGrant(t);
  const below = open(guest, 'door', { flags: 2, rights: (1n << 13n) | (1n << 14n), inheriting: 2n }).descriptor;
  t.is(open(guest, 'new', { directory: below, flags: 1 }).error, errno.notCapable);
  t.is(
    open(guest, 'secret', { directory: below, rights: allRights }).error,
    errno.notCapable,
    'writing is not inherited',
  );
  t.is(guest.call('fd_fdstat_set_rights', below, allRights, 2n), errno.notCapable);
  const file = open(guest, 'secret', { directory: below, rights: 2n }).descriptor;
  t.is(write(guest, file, 'x').error, errno.notCapable);
  t.is(guest.call('fd_filestat_set_size', file, 0n), errno.notCapable);
  t.is(read(guest, file).text, 'inside');
});

test('a directory that was opened below hands on no more than the one above it does', (t) => {
  const { guest } = newGrant(t);
  const looking = (1n << 13n) | (1n << 14n);
  const above = open(guest, '.', { flags: 2, rights: looking, inheriting: looking | 2n }).descriptor;
  const below = open(guest, 'door', { directory: above, flags: 2, rights: looking, inheriting: allRights }).descriptor;
  t.is(open(guest, 'secret', { directory: below, rights: allRights }).error, errno.notCapable);
  t.is(read(guest, open(guest, 'secret', { directory: below, rights: 2n }).descriptor).text, 'inside');
});

test('another process that swaps a directory for a link to outside all the time never makes a guest reach outside', async (t) => {
  const { guest, path, outside } = newGrant(t);
  const swapping = fork(fileURLToPath(new URL('./swapping-program.ts', import.meta.url)), [path]);
  await once(swapping, 'message');
  const seen = new Map<string, number>();
  for (let turn = 0; turn < 3000; turn++) {
    const { error, descriptor } = open(guest, 'door/secret', { lookup: turn & 1 });
    const outcome = error === 0 ? read(guest, descriptor).text : `error ${error}`;
    if (error === 0) guest.call('fd_close', descriptor);
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    const made = open(guest, 'door/made', { flags: 1, rights: allRights });
    if (made.error === 0) guest.call('fd_close', made.descriptor);
    onPath(guest, 'path_unlink_file', 'door/made');
  }
  swapping.send('stop');
  await once(swapping, 'exit');
  t.log(Object.fromEntries(seen));
  t.true((seen.get('inside') ?? 0) > 0, 'it was a directory at times');
  t.true((seen.get(`error ${errno.notCapable}`) ?? 0) > 0, 'it was a link at times');
  t.false(seen.has('outside'));
  t.deepEqual(fs.readdirSync(outside), ['secret']);
});
