/** A whole agent on simulated ports, away from the shore: what it has to tell when it is back. */
import test from 'ava';
import { keepAll } from '../../sim/disk-crash.ts';
import { startMs } from '../shore.ts';
import { gauge2, gaugeBad, horn1, proved } from '../update/proved-ship.ts';
import { type Heard, hearLogbook } from './heard-logbook.ts';

const codes = (told: readonly Heard[]): string[] => told.map(({ code }) => code);

test('a device that is born and is connected has nothing to tell that its reports do not', async (t) => {
  const ship = await proved();
  const told = hearLogbook(ship);
  await ship.run(3_600);
  t.deepEqual(codes(told), []);
  t.deepEqual(
    ship.disk.allFiles().filter((path) => path.startsWith('/state/logbook/') && path.endsWith('.seg')),
    [],
  );
});

test('power cuts, kills and a long time without a connection are told when it is back, in order, with its own times', async (t) => {
  const ship = await proved();
  const told = hearLogbook(ship);
  ship.link.set(false);
  const lostAt = ship.time.now;
  await ship.run(7_200);
  ship.cutPower(keepAll);
  await ship.run(3_600);
  const bootedAt = ship.time.now;
  ship.boot();
  await ship.run(310);
  await ship.agent!.stop();
  ship.boot();
  await ship.run(30);
  t.deepEqual(told, []);
  ship.link.set(true);
  await ship.run(30);
  t.deepEqual(codes(told), ['LINK_LOST', 'POWER_CUT', 'LINK_LOST', 'AGENT_RESTARTED']);
  const [lost, cut] = told;
  t.is(lost!.at, lostAt);
  t.is(cut!.at, bootedAt);
  t.true(cut!.message.endsWith('alive at 2026-03-01 02:00Z, 61 min before'), cut!.message);
  t.deepEqual(
    told.map(({ boot }) => boot),
    [1, 2, 2, 3],
  );
  const count = told.length;
  await ship.run(24 * 3_600);
  t.is(told.length, count, 'it is said once');
});

test('a deployment that is taken back in the dark is told with the time at which that was', async (t) => {
  const ship = await proved();
  const told = hearLogbook(ship);
  ship.want(ship.shore.desired(2, [gaugeBad, horn1]));
  await ship.run(3);
  ship.link.set(false);
  await ship.run(7_200);
  t.is(ship.report.running?.sequence, 1);
  ship.link.set(true);
  await ship.run(30);
  const problem = ship.report.problem!;
  const entry = told.find(({ code }) => code === problem.code);
  t.is(entry?.message, problem.message);
  t.true(Math.abs(entry!.at - Date.parse(problem.at)) < 1_000);
});

test('what changes while there is a connection is left to the report', async (t) => {
  const ship = await proved();
  const told = hearLogbook(ship);
  ship.want(ship.shore.desired(2, [gauge2, horn1]));
  await ship.run(120);
  t.is(ship.report.running?.sequence, 2);
  t.deepEqual(codes(told), []);
});

test('the end of a process of applications is told, connected or not', async (t) => {
  const ship = await proved();
  const told = hearLogbook(ship);
  ship.runtime!.endHost(ship.random);
  await ship.run(30);
  t.deepEqual(codes(told), ['HOST_DIED']);
  t.true(/^its process .*, which ran .*gauge.*, ended by SIG(KILL|ABRT); /.test(told[0]!.message), told[0]!.message);
});

test('a clock that jumps is told, while the agent runs and from one life to the next', async (t) => {
  const ship = await proved();
  const told = hearLogbook(ship);
  ship.skewMs = 3 * 3_600_000;
  await ship.run(3_700);
  t.deepEqual(codes(told), ['CLOCK_JUMPED']);
  t.true(told[0]!.message.includes('T') === false && told[0]!.message.includes('by the time that passed'));
  ship.cutPower(keepAll);
  ship.skewMs = -3_600_000;
  ship.boot();
  await ship.run(30);
  t.deepEqual(codes(told), ['CLOCK_JUMPED', 'POWER_CUT', 'CLOCK_JUMPED']);
});

test('a connection that is back within five minutes was not lost', async (t) => {
  const ship = await proved();
  const told = hearLogbook(ship);
  for (let n = 0; n < 3; n += 1) {
    ship.link.set(false);
    await ship.run(280);
    ship.link.set(true);
    await ship.run(300);
  }
  t.deepEqual(codes(told), []);
  ship.link.set(false);
  await ship.run(600);
  ship.link.set(true);
  await ship.run(30);
  t.deepEqual(codes(told), ['LINK_LOST', 'LINK_BACK']);
  t.is(told[1]!.message, 'has a connection again, after 10 min without');
});

test('an agent whose disk takes nothing more runs on without a logbook', async (t) => {
  const ship = await proved();
  ship.cutPower(keepAll);
  ship.disk.leaveRoom(0);
  t.true(ship.boot());
  await ship.run(3_700);
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
});

test('of an agent that ends again and again the first starts are told, and of the others how many they were', async (t) => {
  const ship = await proved();
  ship.link.set(false);
  for (let n = 0; n < 100; n += 1) {
    ship.cutPower(keepAll);
    ship.boot();
    await ship.run(10);
  }
  await ship.run(3_600);
  ship.cutPower(keepAll);
  ship.boot();
  const told = hearLogbook(ship);
  ship.link.set(true);
  await ship.run(60);
  const starts = told
    .filter(({ code }) => code === 'POWER_CUT')
    .map(({ message }) => /(\d+) starts before/.exec(message)?.[1]);
  t.deepEqual(starts, [...Array.from({ length: 16 }, () => undefined), '84']);
});

test('where the clock is never set, starts are told for the time that the agent runs', async (t) => {
  const ship = await proved();
  const told = hearLogbook(ship);
  for (let n = 0; n < 40; n += 1) {
    ship.cutPower(keepAll);
    // It begins with the same minute each time.
    ship.skewMs = startMs - ship.time.now;
    ship.boot();
    await ship.run(3_700);
  }
  t.is(told.filter(({ code }) => code === 'POWER_CUT').length, 40);
});
