import test from 'ava';
import { keepFresh } from '../../../controller/publishing/keep-fresh.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { SimDisk } from '../../sim/sim-disk.ts';
import { newTree, now, onlineOf, trustOf, weekMs } from './repository.ts';

const log = { write: () => {} };

function timestampOf(disk: SimDisk): { readonly version: number; readonly expires: string } {
  return JSON.parse(new TextDecoder().decode(disk.readFile('/state/artifacts/tuf/timestamp.json'))).signed;
}

test('a controller that runs for a month never serves a timestamp with less than half its life left', async (t) => {
  const time = new SimTime(now);
  const disk = new SimDisk();
  const tree = newTree();
  const online = onlineOf(tree, disk);
  await online.publish(trustOf(tree), now);
  using _fresh = keepFresh(online, time.clock({ alive: true }), log);
  const versions = new Set<number>();
  await time.runUntil(now + 30 * 86_400_000, () => {
    versions.add(timestampOf(disk).version);
    t.true(Date.parse(timestampOf(disk).expires) - time.now > weekMs / 2);
  });
  t.true(versions.size >= 12 && versions.size <= 14, `${versions.size}`);
});

test('a clock that jumps ahead is noticed within an hour', async (t) => {
  const time = new SimTime(now);
  const disk = new SimDisk();
  const tree = newTree();
  const online = onlineOf(tree, disk);
  await online.publish(trustOf(tree), now);
  let skewMs = 0;
  using _fresh = keepFresh(
    online,
    time.clock({ alive: true }, () => skewMs),
    log,
  );
  skewMs = 2 * weekMs;
  await time.runUntil(now + 3_600_000);
  t.true(Date.parse(timestampOf(disk).expires) > now + 2 * weekMs);
});
