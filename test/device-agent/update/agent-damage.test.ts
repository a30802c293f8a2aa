/** A whole agent on simulated ports whose disk rots, or can not be read. */
import test, { type ExecutionContext } from 'ava';
import { keepAll } from '../../sim/disk-crash.ts';
import type { SimDisk } from '../../sim/sim-disk.ts';
import { dayMs, moduleBytes, sha256 } from '../shore.ts';
import { gauge1, gauge2, gaugeBad, horn1, proved } from './proved-ship.ts';

test('why a deployment failed is told again once the good one, damaged meanwhile, is whole', async (t) => {
  const ship = await proved();
  ship.want(ship.shore.desired(2, [gaugeBad]));
  await ship.run(60);
  ship.link.set(false);
  ship.cutPower(keepAll);
  ship.disk.flipBit(`/state/sha256/${sha256(gauge1.bytes)}`, 12_345);
  ship.boot();
  await ship.run(10);
  t.like(ship.report.problem, { code: 'MODULE_DAMAGED', sequence: 1 });
  ship.link.set(true);
  await ship.run(60);
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  t.like(ship.report.problem, { code: 'PROBATION_FAILED', sequence: 2 });
});

test('a module damaged on disk does not run; the others do, and it is fetched again', async (t) => {
  const ship = await proved();
  ship.link.set(false);
  ship.cutPower(keepAll);
  ship.disk.flipBit(`/state/sha256/${sha256(gauge1.bytes)}`, 12_345);
  ship.boot();
  await ship.run(10);
  t.deepEqual(ship.running(), ['horn 1.0.0']);
  t.is(ship.report.problem?.code, 'MODULE_DAMAGED');
  ship.link.set(true);
  await ship.run(60);
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  t.is(ship.report.problem, undefined);
});

test('a damaged module is fetched again even while a new deployment cannot be, and after all metadata expired', async (t) => {
  const ship = await proved();
  ship.want(ship.shore.desired(2, [{ ...gauge2, version: '9.9.9' }]));
  await ship.run(30);
  ship.link.set(false);
  ship.cutPower(keepAll);
  await ship.time.runUntil(ship.time.now + 30 * dayMs);
  ship.disk.flipBit(`/state/sha256/${sha256(gauge1.bytes)}`, 12_345);
  ship.boot();
  await ship.run(10);
  t.deepEqual(ship.running(), ['horn 1.0.0']);
  ship.link.set(true);
  await ship.run(60);
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  t.is(ship.report.problem?.code, 'METADATA_EXPIRED');
  t.is(ship.report.phase, 'fetching');
});

test('one flipped bit in any file of the state directory never stops the last good deployment from running', async (t) => {
  const ship = await proved();
  ship.link.set(false);
  for (const path of ship.disk.allFiles().filter((path) => path.startsWith('/state/') && !path.includes('sha256'))) {
    ship.cutPower(keepAll);
    ship.disk.flipBit(path, 8 * 60 + 3);
    t.true(ship.boot(), path);
    await ship.run(5);
    t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0'], path);
    t.true(ship.report.highestSequence === 1, path);
  }
});

test('one unreadable file in the state directory never stops the last good deployment from running', async (t) => {
  const ship = await proved();
  for (const path of ship.disk.allFiles().filter((path) => path.startsWith('/state/') && !path.includes('sha256'))) {
    ship.link.set(false);
    ship.cutPower(keepAll);
    ship.disk.spoil(path);
    t.true(ship.boot(), path);
    await ship.run(5);
    t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0'], path);
    t.is(ship.report.highestSequence, 1, path);
    ship.link.set(true);
    await ship.run(60);
  }
  ship.want(ship.shore.desired(2, [gauge2, horn1]));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
});

test('an unreadable module does not run; the others do, and it is fetched again', async (t) => {
  const ship = await proved();
  ship.link.set(false);
  ship.cutPower(keepAll);
  ship.disk.spoil(`/state/sha256/${sha256(gauge1.bytes)}`);
  ship.boot();
  await ship.run(10);
  t.deepEqual(ship.running(), ['horn 1.0.0']);
  t.is(ship.report.problem?.code, 'MODULE_DAMAGED');
  ship.link.set(true);
  await ship.run(60);
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
});

test('a download that can no longer be read from the disk starts over', async (t) => {
  const large = { name: 'gauge', version: '3.0.0', bytes: moduleBytes('gauge three', 900_000) };
  const ship = await proved();
  ship.shore.release(large);
  ship.link.quality = { ...ship.link.quality, bytesPerSecond: 100_000 };
  ship.want(ship.shore.desired(2, [large]));
  await ship.run(6);
  ship.cutPower(keepAll);
  for (const path of ship.disk.allFiles().filter((path) => path.startsWith('/state/partial/'))) ship.disk.spoil(path);
  ship.boot();
  await ship.run(120);
  t.is(ship.report.running?.sequence, 2);
});

/** Every file of a proved device suffers `harm`, one after the other, in one long life; then it starts again. */
async function sufferOneByOne(t: ExecutionContext, harm: (disk: SimDisk, path: string) => void): Promise<void> {
  const ship = await proved();
  const module = `/state/sha256/${sha256(gauge1.bytes)}`;
  const rotting = ship.disk.allFiles().filter((path) => /^\/state\/(deployments\/|engine\.|ledger\.)/.test(path));
  t.is(rotting.length, 6);
  let starts = 0;
  ship.onRun = () => {
    starts += 1;
  };
  for (const path of [...rotting, module]) {
    harm(ship.disk, path);
    for (let hour = 0; hour < 25; hour++) {
      await ship.run(3600);
      t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0'], path);
    }
    t.is(ship.report.problem, undefined, path);
  }
  t.is(starts, 0);
  ship.link.set(false);
  ship.cutPower(keepAll);
  t.true(ship.boot());
  await ship.run(5);
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  t.is(ship.report.highestSequence, 1);
}

test('files that rot one after the other in a long uninterrupted life are all mended, and nothing that runs is stopped', (t) =>
  sufferOneByOne(t, (disk, path) => disk.flipBit(path, 12_345)));

test('files that become unreadable in a long uninterrupted life are all replaced, and nothing that runs is stopped', (t) =>
  sufferOneByOne(t, (disk, path) => disk.spoil(path)));
