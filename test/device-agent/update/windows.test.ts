/** A whole agent on simulated ports whose deployments may be fetched and activated in windows only. */
import test from 'ava';
import type { DeployedWindows } from '../../../schemas/generated/types.ts';
import { loseAll } from '../../sim/disk-crash.ts';
import { moduleBytes } from '../shore.ts';
import { gauge2, gaugeBad, horn1, proved } from './proved-ship.ts';

const window = (cron: string, seconds: number) => [{ cron, seconds, timeZone: 'UTC' }];
/** The ships begin at midnight. */
const activateAtTwo: DeployedWindows = { activate: window('0 2 * * *', 3600) };
const fetchAtTwo: DeployedWindows = { fetch: window('0 2 * * *', 3600) };
const hour = 3600;

test('what was fetched runs when its window opens, without a link, and not before', async (t) => {
  const ship = await proved();
  ship.want(ship.shore.desired(2, [gauge2, horn1], { windows: activateAtTwo }));
  await ship.run(hour);
  t.is(ship.report.phase, 'waiting');
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  t.like(ship.reports.at(-1)?.waiting, { to: 'activate', code: 'WINDOW', opensAt: '2026-03-01T02:00:00.000Z' });
  t.regex(ship.report.waiting?.message ?? '', /"0 2 \* \* \*" for 1h opens next at 2026-03-01 02:00 UTC/);
  ship.link.set(false);
  await ship.run(hour - 120);
  t.is(ship.report.phase, 'waiting');
  await ship.run(120);
  t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
  t.is(ship.report.waiting, undefined);
  t.is(ship.report.phase, 'active');
});

test('what a full disk kept from being activated in its window waits for the next', async (t) => {
  const ship = await proved();
  ship.want(ship.shore.desired(2, [gauge2, horn1], { windows: activateAtTwo }));
  await ship.run(hour);
  ship.disk.leaveRoom(0);
  await ship.run(1.5 * hour);
  t.is(ship.report.problem?.code, 'DISK_FULL');
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  await ship.run(hour);
  ship.disk.leaveRoom(2 ** 40);
  await ship.run(hour);
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0'], 'the window is over');
  t.like(ship.report.waiting, { code: 'WINDOW', opensAt: '2026-03-02T02:00:00.000Z' });
  t.is(ship.report.problem, undefined);
  await ship.run(22 * hour);
  t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
});

test('in an open window nothing waits', async (t) => {
  const ship = await proved();
  const windows = { fetch: window('0 0 * * *', hour), activate: window('0 0 * * *', hour) };
  ship.want(ship.shore.desired(2, [gauge2, horn1], { windows }));
  await ship.run(60);
  t.is(ship.report.phase, 'active');
  t.false(ship.reports.some(({ phase }) => phase === 'waiting'));
});

test('nothing is fetched before its window, and what is not done when it closes goes on in the next', async (t) => {
  const ship = await proved();
  const large = { name: 'gauge', version: '4.0.0', bytes: moduleBytes('gauge four', 900_000) };
  ship.shore.release(large);
  ship.link.quality = { ...ship.link.quality, bytesPerSecond: 10_000 };
  const requests = ship.shore.requests.length;
  ship.want(ship.shore.desired(2, [large], { windows: { fetch: window('0 2,5 * * *', 60) } }));
  await ship.run(1.5 * hour);
  t.is(ship.report.phase, 'waiting');
  t.like(ship.report.waiting, { to: 'fetch', code: 'WINDOW' });
  t.is(ship.shore.requests.length, requests);
  await ship.run(0.5 * hour);
  t.is(ship.report.phase, 'waiting', 'a minute was not enough');
  const done = ship.shore.requests.length;
  t.true(done > requests);
  await ship.run(2.9 * hour);
  t.is(ship.shore.requests.length, done, 'nothing travels while it is closed');
  await ship.run(0.2 * hour);
  t.deepEqual(ship.running(), ['gauge 4.0.0']);
});

test('a power cut while it waits changes nothing: it waits again, and the window opens', async (t) => {
  for (const windows of [activateAtTwo, fetchAtTwo]) {
    const ship = await proved();
    ship.want(ship.shore.desired(2, [gauge2, horn1], { windows }));
    await ship.run(hour);
    ship.cutPower(loseAll);
    ship.boot();
    await ship.run(60);
    t.is(ship.report.phase, 'waiting');
    t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
    await ship.run(hour);
    t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
  }
});

test('a newer deployment without windows does not wait for those of the one it takes the place of', async (t) => {
  const ship = await proved();
  ship.want(ship.shore.desired(2, [gaugeBad, horn1], { windows: activateAtTwo }));
  await ship.run(hour);
  ship.want(ship.shore.desired(3, [gauge2, horn1]));
  await ship.run(60);
  t.is(ship.report.phase, 'active');
  t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
  await ship.run(2 * hour);
  t.is(ship.report.running?.sequence, 3);
});

test('what fails in its window goes back at once, outside of any', async (t) => {
  const ship = await proved();
  ship.want(ship.shore.desired(2, [gaugeBad, horn1], { windows: { activate: window('0 2 * * *', 60) } }));
  await ship.run(2.1 * hour);
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  t.is(ship.report.problem?.sequence, 2);
});

test('a clock that stands before what was signed opens no window, and says so until it is set', async (t) => {
  const ship = await proved();
  ship.want(ship.shore.desired(2, [gauge2, horn1], { windows: { activate: window('0 * * * *', hour) } }));
  ship.skewMs = -30 * 24 * hour * 1000;
  await ship.run(2 * hour);
  t.like(ship.report.waiting, { to: 'activate', code: 'CLOCK_UNSURE' });
  t.regex(ship.report.waiting?.message ?? '', /its clock shows 2026-01-30 and can't be right/);
  ship.skewMs = 0;
  await ship.run(120);
  t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
});

test('a time zone that this device does not know keeps its windows closed, and says so', async (t) => {
  const ship = await proved();
  const windows = { activate: [{ cron: '0 * * * *', seconds: hour, timeZone: 'Moon/Tranquility' }] };
  ship.want(ship.shore.desired(2, [gauge2, horn1], { windows }));
  await ship.run(60);
  t.like(ship.report.waiting, { to: 'activate', code: 'WINDOW_UNREADABLE' });
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
});
