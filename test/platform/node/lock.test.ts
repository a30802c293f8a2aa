import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isLocked, takeLock, waitForLock } from '../../../platform/node/lock.ts';

function newDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-lock-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** A process that takes the lock, keeps nothing of it in a variable, and collects its garbage; its answer, and itself. */
async function otherProcess(t: ExecutionContext, directory: string, ...wrapper: readonly string[]) {
  const lockFile = new URL('../../../platform/node/lock.ts', import.meta.url).href;
  const program = `const { takeLock } = await import(${JSON.stringify(lockFile)});
    const isTaken = takeLock(${JSON.stringify(directory)}, 'one') !== undefined;
    for (let time = 0; time < 3; time++) { gc(); await new Promise(setImmediate); }
    console.log(isTaken ? 'taken' : 'refused'); setInterval(() => {}, 1e9);`;
  const command = [...wrapper, process.execPath, '--expose-gc', '--input-type=module', '-e', program];
  const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const [answer] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, answer: answer.toString().trim() };
}

test('a lock is held by one process and let go by kill -9', async (t) => {
  const directory = newDirectory(t);
  t.false(isLocked(directory, 'one'));
  const { child, answer } = await otherProcess(t, directory);
  t.is(answer, 'taken');
  t.is(takeLock(directory, 'one'), undefined);
  t.true(isLocked(directory, 'one'));
  t.false(isLocked(directory, 'other'));
  using other = takeLock(directory, 'other');
  t.truthy(other);
  const waiting = waitForLock(directory, 'one');
  child.kill('SIGKILL');
  const lock = await waiting;
  t.true(isLocked(directory, 'one'));
  t.is((await otherProcess(t, directory)).answer, 'refused');
  lock[Symbol.dispose]();
  t.false(isLocked(directory, 'one'));
  using again = takeLock(directory, 'one');
  t.truthy(again);
});

const hasNamespaces = spawnSync('unshare', ['--user', '--net', 'true']).status === 0;

(hasNamespaces ? test : test.skip)(
  'a process in another network namespace, as in a container of its own, is refused',
  async (t) => {
    const directory = newDirectory(t);
    using lock = takeLock(directory, 'one');
    t.truthy(lock);
    t.is((await otherProcess(t, directory, 'unshare', '--user', '--map-root-user', '--net')).answer, 'refused');
  },
);

test('the same directory by another name is the same lock', (t) => {
  const directory = newDirectory(t);
  symlinkSync(directory, `${directory}-link`);
  t.teardown(() => rmSync(`${directory}-link`));
  using lock = takeLock(directory, 'one');
  t.truthy(lock);
  t.is(takeLock(`${directory}-link`, 'one'), undefined);
});

test('what else came to lie in the file of a lock keeps nobody from taking it', (t) => {
  const directory = newDirectory(t);
  writeFileSync(join(directory, 'one.lock'), 'x'.repeat(5_000));
  t.false(isLocked(directory, 'one'));
  using lock = takeLock(directory, 'one');
  t.truthy(lock);
  t.true(isLocked(directory, 'one'));
});

test('asking whether a lock is held keeps nobody from taking it', async (t) => {
  const directory = newDirectory(t);
  takeLock(directory, 'one')?.[Symbol.dispose]();
  const lockFile = new URL('../../../platform/node/lock.ts', import.meta.url).href;
  const program = `const { isLocked } = await import(${JSON.stringify(lockFile)});
    console.log('asking'); for (;;) isLocked(${JSON.stringify(directory)}, 'one');`;
  const asker = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => asker.kill('SIGKILL'));
  await once(asker.stdout, 'data');
  for (let time = 0; time < 100; time++) {
    using lock = takeLock(directory, 'one');
    t.truthy(lock);
  }
});

test('nobody but its owner may open the file of a lock, for to read it is enough to be in the way', (t) => {
  const directory = newDirectory(t);
  const modeOf = (name: string): number => statSync(join(directory, `${name}.lock`)).mode & 0o777;
  using fresh = takeLock(directory, 'fresh');
  t.truthy(fresh);
  t.is(modeOf('fresh'), 0o600);
  writeFileSync(join(directory, 'old.lock'), '');
  chmodSync(join(directory, 'old.lock'), 0o644);
  using old = takeLock(directory, 'old');
  t.truthy(old);
  t.is(modeOf('old'), 0o600);
  t.is(takeLock(directory, 'old'), undefined, 'looking at its mode let go of nothing');
});

/** Without what lets root write where nobody may. */
const asOwner = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override'] : [];

test('where files can only be read one process of several runs', async (t) => {
  const directory = newDirectory(t);
  t.teardown(() => chmodSync(directory, 0o700));
  writeFileSync(join(directory, 'one.lock'), '', { mode: 0o400 });
  chmodSync(directory, 0o500);
  t.is((await otherProcess(t, directory, ...asOwner)).answer, 'taken');
  t.is((await otherProcess(t, directory, ...asOwner)).answer, 'refused');
});

test('where no file can be written one process holds the directory, until kill -9', async (t) => {
  const directory = newDirectory(t);
  mkdirSync(join(directory, 'one.lock'));
  const { child, answer } = await otherProcess(t, directory);
  t.is(answer, 'taken');
  t.is((await otherProcess(t, directory)).answer, 'refused');
  t.true(isLocked(directory, 'one'));
  using waited = await waitForLock(directory, 'one');
  t.truthy(waited);
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.false(isLocked(directory, 'one'), 'nothing of it outlives its holder');
  using after = takeLock(directory, 'one');
  t.truthy(after);
  t.is(takeLock(directory, 'one'), undefined, 'nor does this process take it twice');
});
