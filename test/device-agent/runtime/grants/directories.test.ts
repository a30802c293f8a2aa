/** Directories of an application on a real host process. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ApplicationDirectories } from '../../../../device-agent/runtime/grants/application-directories.ts';
import { DiskReserve, reservedBytes } from '../../../../device-agent/runtime/grants/disk-reserve.ts';
import { Quota } from '../../../../device-agent/runtime/primitives/quota.ts';
import { SimDisk } from '../../../sim/sim-disk.ts';
import { openRuntime, statesWhen } from '../applications.ts';
import { cModule, cTest } from '../c-module.ts';

const mebibyte = 2 ** 20;
const data = { bytesMax: 100_000, entriesMax: 10 };

const diary = `
  FILE *log = fopen("/data/log", "a");
  fprintf(log, "a line\\n");
  fflush(log);
  if (fsync(fileno(log))) printf("fsync %d\\n", errno);
  printf("data %ld, tmp %d", ftell(log), access("/tmp/left", F_OK));
  FILE *left = fopen("/tmp/left", "w");
  printf(", %s\\n", left ? "written" : "refused");`;

cTest('/data is kept over runs and releases, /tmp is empty in each', async (t) => {
  const { runtime, application, logOf } = openRuntime(t);
  const tmp = { bytesMax: 4096, entriesMax: 4 };
  const first = application('diary', cModule(diary), { data, tmp });
  for (const version of ['1', '2', '3']) {
    await runtime.apply([{ ...first, version }]);
    await statesWhen(runtime, ({ diary: state }) => state === 'completed');
  }
  const said = [...logOf('diary').matchAll(/ out (.*)/g)].map(([, text]) => text);
  t.deepEqual(
    said,
    [7, 14, 21].map((bytes) => `data ${bytes}, tmp -1, written`),
  );
});

cTest('without a grant neither directory is there', async (t) => {
  const { runtime, application, logOf } = openRuntime(t);
  const nosy =
    'printf("%d %d %d\\n", open("/data/x", O_CREAT | O_RDWR, 0600), open("/tmp", O_RDONLY), open("/kv", 0));';
  await runtime.apply([application('nosy', cModule(nosy))]);
  await statesWhen(runtime, ({ nosy: state }) => state === 'completed');
  t.regex(logOf('nosy'), / out -1 -1 -1\n/);
});

/** Writes 4 KiB at a time until it is refused, tells the sum and why, and stays. */
const hoarder = `
  char block[4096] = {1};
  int file = open("/data/hoard", O_CREAT | O_APPEND | O_WRONLY, 0600);
  long sum = 0, count;
  while ((count = write(file, block, sizeof block)) > 0) sum += count;
  printf("%ld %d\\n", sum, errno == EDQUOT);
  sleep(600);`;

cTest('what an application holds counts after kill -9 of its host too, and is told', async (t) => {
  const { runtime, application, hosts, logWhen } = openRuntime(t);
  await runtime.apply([application('hoarder', cModule(hoarder), { data })]);
  await logWhen('hoarder', / out 100000 1\n/);
  process.kill(hosts[0]!.pid, 'SIGKILL');
  t.regex(await logWhen('hoarder', / out 0 1\n/), / out 100000 1\n/);
});

/** Once all that waits for nothing is done. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('what is kept for applications, and the state of their modules, goes with those that no deployment has any more', async (t) => {
  const disk = new SimDisk();
  const directories = new ApplicationDirectories(disk, '/runtime');
  directories.collect(new Map());
  const [stays, goes] = ['gauge', 'horn'].map((name) => directories.open(name, 'data'));
  const [held, gone] = ['a', 'b'].map((letter) => letter.repeat(64));
  const state = directories.open('gauge', 'state');
  for (const sha256 of [held, gone]) disk.open(`${state}/${sha256}-0.snapshot`, 'write')[Symbol.dispose]();
  disk.open(`${state}/${gone}-0.snapshot.new`, 'write')[Symbol.dispose]();
  directories.collect(new Map([['gauge', new Set([held!])]]));
  t.truthy(disk.stat(stays!));
  t.is(disk.stat(goes!), undefined);
  await settled();
  t.deepEqual(disk.list('/runtime/removed'), []);
  t.deepEqual(
    disk.list(state).sort(),
    [`${held}-0.snapshot`, `${gone}-0.snapshot.new`],
    'what is being written is not touched',
  );
});

test('what is left of an application that is gone is out of the way at once, and is removed in the end whatever comes in between', async (t) => {
  const disk = new SimDisk();
  const steps: (() => void)[] = [];
  disk.removeAside = () => new Promise<void>((resolve) => steps.push(resolve));
  const directories = new ApplicationDirectories(disk, '/runtime');
  for (const round of [1, 2]) {
    const data = directories.open('horn', 'data');
    t.deepEqual(disk.list(data), [], `it finds nothing of the one before, round ${round}`);
    disk.open(`${data}/file`, 'write')[Symbol.dispose]();
    directories.collect(new Map());
    t.is(disk.stat(data), undefined);
  }
  t.deepEqual([steps.length, disk.list('/runtime/removed').length], [1, 2]);
  disk.removeAside = (path) => disk.remove(path);
  new ApplicationDirectories(disk, '/runtime').removeRest();
  await settled();
  t.deepEqual(disk.list('/runtime/removed'), [], 'an agent that starts goes on with it');
});

test('guests leave the last of the disk to the agent, whoever else fills it', (t) => {
  let free = reservedBytes + 3 * mebibyte;
  const reserve = new DiskReserve(() => free);
  const quota = new Quota({ bytesMax: 100 * mebibyte, entriesMax: 10, openMax: 1 }, { bytes: 0, entries: 0 }, (bytes) =>
    reserve.take(bytes),
  );
  t.is(quota.allowance(2 * mebibyte), 2 * mebibyte);
  free -= 2 * mebibyte;
  quota.grown(2 * mebibyte);
  t.is(quota.allowance(mebibyte), mebibyte);
  free = reservedBytes - 1;
  t.throws(() => quota.allowance(1), { message: /the disk has no room/ });
  t.throws(() => quota.addEntry(), { message: /the disk has no room/ });
  free = reservedBytes + 10;
  t.is(quota.allowance(100), 10);
});

cTest('a host runs nothing of what it was granted outside its own directory', async (t) => {
  const { runtime, application, directory } = openRuntime(t);
  const around = 'fclose(fopen("/data/here", "w")); symlink("..", "/data/up"); fopen("/data/up/there", "w");';
  await runtime.apply([application('climber', cModule(around), { data })]);
  await statesWhen(runtime, ({ climber: state }) => state === 'completed');
  const kept = join(directory, 'applications/climber');
  t.is(readFileSync(join(kept, 'data/here'), 'utf8'), '');
  t.false(existsSync(join(kept, 'there')));
});
