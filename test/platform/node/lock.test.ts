import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { isLocked, takeLock } from '../../../platform/node/lock.ts';

for (const platform of ['linux', 'darwin'] as const) {
  test(`on ${platform} a lock is held by one process and let go by kill -9`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'fleet-lock-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const lockFile = new URL('../../../platform/node/lock.ts', import.meta.url).href;
    const program = `const { takeLock } = await import(${JSON.stringify(lockFile)});
      globalThis.lock = await takeLock(${JSON.stringify(directory)}, 'one', ${JSON.stringify(platform)});
      console.log(lock === undefined ? 'refused' : 'taken'); setInterval(() => {}, 1e9);`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', program]);
    const [answer] = (await once(holder.stdout, 'data')) as [Buffer];
    t.is(answer.toString(), 'taken\n');
    t.is(await takeLock(directory, 'one', platform), undefined);
    t.true(await isLocked(directory, 'one', platform));
    t.false(await isLocked(directory, 'other', platform));
    using other = await takeLock(directory, 'other', platform);
    t.truthy(other);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    t.false(await isLocked(directory, 'one', platform));
    const lock = await takeLock(directory, 'one', platform);
    t.truthy(lock);
    lock?.[Symbol.dispose]();
    using again = await takeLock(directory, 'one', platform);
    t.truthy(again);
  });
}

test('the same directory by another name is the same lock', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-lock-'));
  symlinkSync(directory, `${directory}-link`);
  t.teardown(() => [directory, `${directory}-link`].map((path) => rmSync(path, { recursive: true })));
  using lock = await takeLock(directory, 'one', 'linux');
  t.truthy(lock);
  t.is(await takeLock(`${directory}-link`, 'one', 'linux'), undefined);
});

test('asking whether a lock is held keeps nobody from taking it', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-lock-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const asked = Array.from({ length: 200 }, () => isLocked(directory, 'one', 'linux'));
  using lock = await takeLock(directory, 'one', 'linux');
  t.truthy(lock);
  await Promise.all(asked);
  t.true(await isLocked(directory, 'one', 'linux'));
});
