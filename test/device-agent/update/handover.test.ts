/** A whole agent on simulated ports: which release an application takes over from. */
import test from 'ava';
import type { DeployedApplication } from '../../../schemas/generated/types.ts';
import { keepAll } from '../../sim/disk-crash.ts';
import { buildModule, op } from '../runtime/module-builder.ts';
import { Ship } from '../ship.ts';
import { Shore, sha256 } from '../shore.ts';

const release = (number: number) => {
  const functions = { _initialize: [], handle: [op.i32(number), op.drop] };
  return { name: 'gauge', version: `${number}.0.0`, bytes: buildModule({ functions }) };
};
const releases = [1, 2, 3].map(release);
const terms: Partial<DeployedApplication> = {
  trigger: { schedule: { cron: '* * * * *' } },
  events: { instance: 'kept', handler: 'handle' },
};

/** A device, and in whose place each start of its application was. */
async function newShip() {
  const shore = new Shore('anna');
  for (const app of releases) shore.release(app);
  const ship = new Ship(shore);
  const starts: string[] = [];
  const version = (digest: string) => releases.find(({ bytes }) => sha256(bytes) === digest)!.version[0];
  ship.onRun = (_name, _bytes, { version: own, predecessor }) => {
    const before = predecessor && `${version(predecessor.sha256)} as ${predecessor.sequence}`;
    starts.push(`${own[0]}${before === undefined ? '' : ` after ${before}`}`);
  };
  const want = (sequence: number, number: number, handover?: 'snapshot') => {
    const app = releases[number - 1]!;
    const [application] = shore.deployment(sequence, [app]).applications;
    const changes = { ...application!, ...terms, ...(handover === undefined ? {} : { handover }) };
    ship.want(shore.desired(sequence, [app], { applications: [changes] }));
  };
  const restart = (): void => {
    ship.cutPower(keepAll);
    ship.boot();
  };
  ship.boot();
  want(1, 1, 'snapshot');
  await ship.run(60);
  return { ship, want, restart, starts };
}

test('a release on trial takes over from the good one, at each of its starts; once it is good, from nobody', async (t) => {
  const { ship, want, restart, starts } = await newShip();
  t.deepEqual(starts.splice(0), ['1']);
  want(2, 2, 'snapshot');
  await ship.run(2);
  t.is(ship.report.phase, 'probation');
  restart();
  await ship.run(60);
  t.deepEqual(starts.splice(0), ['2 after 1 as 2', '2 after 1 as 2']);
  t.is(ship.report.phase, 'active');
  restart();
  await ship.run(5);
  t.deepEqual(starts, ['2']);
});

test('one that supersedes a trial takes over from that, and without a handover from nobody', async (t) => {
  const { ship, want, starts } = await newShip();
  want(2, 2, 'snapshot');
  await ship.run(2);
  want(3, 3, 'snapshot');
  await ship.run(60);
  want(4, 1);
  await ship.run(60);
  t.deepEqual(starts, ['1', '2 after 1 as 2', '3 after 2 as 3', '1']);
});
