/** A whole agent on simulated ports whose deployments may be fetched and activated under conditions only. */
import test from 'ava';
import type { DeployedConditions } from '../../../schemas/generated/types.ts';
import { loseAll } from '../../sim/disk-crash.ts';
import { moduleBytes } from '../shore.ts';
import { gauge2, horn1, proved } from './proved-ship.ts';

const facts: NonNullable<DeployedConditions['facts']> = {
  speed: { type: 'number', maxAgeSeconds: 300 },
  in_port: { type: 'boolean', maxAgeSeconds: 3600 },
};
const moored: DeployedConditions = { activate: 'facts.speed == 0 && facts.in_port', facts };

/** A ship that has fetched deployment 2 and waits under these conditions. */
async function waitingShip(when: DeployedConditions) {
  const ship = await proved();
  ship.want(ship.shore.desired(2, [gauge2, horn1], { when }));
  await ship.run(60);
  return ship;
}

test('what was fetched runs once its condition is true, without a link, and not before', async (t) => {
  const ship = await proved();
  ship.tell('speed', '7.25\n');
  ship.tell('in_port', 'false');
  ship.want(ship.shore.desired(2, [gauge2, horn1], { when: moored }));
  await ship.run(60);
  t.is(ship.report.phase, 'waiting');
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  t.deepEqual(ship.reports.at(-1)?.waiting, {
    ...{ to: 'activate', code: 'WHEN', message: 'waits to activate until facts.speed == 0' },
    seen: [{ name: 'facts.speed', value: 7.25, at: '2026-03-01T00:01:00.000Z' }],
  });
  ship.link.set(false);
  ship.tell('speed', '0');
  await ship.run(20);
  t.like(ship.report.waiting, { code: 'WHEN', message: 'waits to activate until facts.in_port' });
  ship.tell('in_port', 'true');
  await ship.run(20);
  t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
  t.is(ship.report.waiting, undefined);
});

test('a fact that is missing, no value of its type, too old or of the future holds the device, and is said', async (t) => {
  const ship = await waitingShip(moored);
  const saying = async (): Promise<string> => {
    await ship.run(11);
    const { code, message } = ship.report.waiting ?? {};
    return `${code} ${message}`;
  };
  t.regex(
    await saying(),
    /^FACT_MISSING .* facts\.speed == 0: there is no fact speed: nothing .* \/state\/facts\.d\/speed/,
  );
  ship.tell('speed', 'slow');
  t.regex(await saying(), /^FACT_MISSING .*\/state\/facts\.d\/speed holds no number/);
  ship.tell('speed', '0');
  ship.tell('in_port', 'true');
  ship.surroundings.remove('/state/facts.d/in_port');
  t.regex(await saying(), /^FACT_MISSING .* until facts\.in_port: there is no fact in_port/);
  await ship.run(300);
  t.regex(await saying(), /^FACT_STALE .*: the fact speed is not of the last 300 s/);
  t.like(ship.report.waiting, { seen: [{ name: 'facts.speed', value: 0 }] });
  ship.skewMs = 3_600_000;
  ship.tell('speed', '0');
  ship.tell('in_port', 'true');
  ship.skewMs = 0;
  t.regex(await saying(), /^FACT_STALE/);
  ship.tell('speed', '0');
  ship.tell('in_port', 'true');
  await ship.run(11);
  t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
});

test('a clock that is set back makes no old fact fresh again, seen or unseen before, and what is written since is believed', async (t) => {
  const ship = await proved();
  const hour = 3_600_000;
  ship.tell('in_port', 'true');
  ship.tell('speed', '0');
  await ship.run(3600);
  ship.skewMs = -hour + 60_000;
  ship.want(ship.shore.desired(2, [gauge2, horn1], { when: moored }));
  await ship.run(60);
  t.like(ship.report.waiting, { code: 'FACT_STALE' }, 'it was written an hour before anybody looked');
  ship.tell('speed', '0.5');
  await ship.run(20);
  t.like(ship.report.waiting, { code: 'WHEN' }, 'it was written since');
  await ship.run(400);
  t.like(ship.report.waiting, { code: 'FACT_STALE' });
  ship.skewMs -= 400_000;
  await ship.run(20);
  t.like(ship.report.waiting, { code: 'FACT_STALE' }, 'it was looked at while it was fresh');
  for (const fact of ['speed', 'in_port']) ship.tell(fact, fact === 'speed' ? '0' : 'true');
  await ship.run(20);
  t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
});

test('a condition that flaps for a day costs a bounded number of reports, and is said to flap', async (t) => {
  const ship = await waitingShip(moored);
  const before = ship.reports.length;
  for (let times = 0; times < 24 * 60; times += 1) {
    ship.tell('speed', times % 2 === 0 ? '0' : '3');
    ship.tell('in_port', 'false');
    await ship.run(60);
  }
  const count = ship.reports.length - before;
  t.true(count <= 156 + 96 + 2, `${count} reports`);
  t.true(ship.reports.at(-1)?.waiting?.flapping);
  t.true(ship.report.waiting?.flapping);
  ship.tell('speed', '0');
  ship.tell('in_port', 'true');
  await ship.run(60);
  t.like(ship.reports.at(-1), { running: { sequence: 2 } }, 'a new phase is told at once');
});

test('a missing fact counts as what its fleet says, and the device goes on', async (t) => {
  const when = { activate: 'facts.speed == 0', facts: { speed: { ...facts.speed!, missing: 0 } } };
  const ship = await waitingShip(when);
  t.is(ship.report.phase, 'active');
});

test('an application may publish the fact', async (t) => {
  const ship = await proved();
  const when: DeployedConditions = {
    activate: 'facts.level < 3.0',
    facts: { level: { type: 'number', maxAgeSeconds: 60, application: 'gauge' } },
  };
  ship.want(ship.shore.desired(2, [gauge2, horn1], { when }));
  await ship.run(60);
  t.like(ship.report.waiting, { code: 'FACT_MISSING' });
  t.regex(ship.report.waiting?.message ?? '', /gauge has not published the fact level/);
  ship.runtime?.publish('gauge', { level: 4 });
  await ship.run(20);
  t.like(ship.report.waiting, { code: 'WHEN', seen: [{ name: 'facts.level', value: 4 }] });
  ship.runtime?.publish('gauge', { level: 2 });
  await ship.run(20);
  t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
});

test('labels, link and power are told as the device has them', async (t) => {
  const text =
    'labels.role == "tug" && link.connected && link.interface == "wlan0" && power.external && power.battery > 30';
  const ship = await waitingShip({ activate: `${text} && facts.in_port`, facts, labels: { role: 'tug' } });
  const clause = (): string | undefined => ship.report.waiting?.message;
  t.is(clause(), 'waits to activate until link.interface == "wlan0"');
  ship.surroundings.wayOut = 'wlan0';
  await ship.run(11);
  t.is(clause(), 'waits to activate until power.external: this machine does not tell power.external');
  ship.surroundings.supply = { external: true, battery: 20 };
  await ship.run(11);
  t.is(clause(), 'waits to activate until power.battery > 30');
  ship.surroundings.supply = { external: true, battery: 31 };
  ship.link.set(false);
  await ship.run(11);
  t.is(clause(), 'waits to activate until link.connected');
  ship.link.set(true);
  await ship.run(11);
  t.regex(clause() ?? '', /until facts\.in_port: there is no fact/);
});

test('what is not fetched when its condition ends goes on when it is true again', async (t) => {
  const ship = await proved();
  const large = { name: 'gauge', version: '5.0.0', bytes: moduleBytes('gauge five', 900_000) };
  ship.shore.release(large);
  ship.link.quality = { ...ship.link.quality, bytesPerSecond: 10_000 };
  const when: DeployedConditions = { fetch: 'link.interface == "wlan0"' };
  const before = ship.shore.requests.length;
  ship.want(ship.shore.desired(2, [large], { when }));
  await ship.run(60);
  t.like(ship.report.waiting, { to: 'fetch', code: 'WHEN' });
  t.is(ship.shore.requests.length, before);
  ship.surroundings.wayOut = 'wlan0';
  await ship.run(30);
  t.is(ship.report.phase, 'fetching');
  ship.surroundings.wayOut = 'sat0';
  await ship.run(15);
  const done = ship.shore.requests.length;
  t.is(ship.report.phase, 'waiting');
  await ship.run(600);
  t.is(ship.shore.requests.length, done, 'nothing travels while it is not true');
  ship.surroundings.wayOut = 'wlan0';
  await ship.run(200);
  t.deepEqual(ship.running(), ['gauge 5.0.0']);
});

test('a window and a condition must both let it through', async (t) => {
  const ship = await proved();
  const windows = { activate: [{ cron: '0 2 * * *', seconds: 3600, timeZone: 'UTC' }] };
  ship.tell('in_port', 'true');
  const when: DeployedConditions = {
    activate: 'facts.in_port',
    facts: { in_port: { type: 'boolean', maxAgeSeconds: 86_400 } },
  };
  ship.want(ship.shore.desired(2, [gauge2, horn1], { windows, when }));
  await ship.run(3600);
  t.like(ship.report.waiting, { code: 'WINDOW' });
  ship.tell('in_port', 'false');
  await ship.run(3600);
  t.like(ship.report.waiting, { code: 'WHEN' });
  ship.tell('in_port', 'true');
  await ship.run(60);
  t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
});

test('a power cut while it waits for a condition changes nothing: it waits again, and goes on', async (t) => {
  const ship = await waitingShip(moored);
  ship.cutPower(loseAll);
  ship.boot();
  await ship.run(60);
  t.is(ship.report.phase, 'waiting');
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  ship.tell('speed', '0');
  ship.tell('in_port', 'true');
  await ship.run(60);
  t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
});

test('a condition that this agent can not read keeps the device as it is, and says so', async (t) => {
  const ship = await waitingShip({ activate: 'tomorrow("noon")' });
  t.like(ship.report.waiting, { to: 'activate', code: 'WHEN_UNREADABLE' });
  t.regex(ship.report.waiting?.message ?? '', /its condition to activate can't be read here: .*tomorrow/);
});

test('a fact that changes all the time while it is waited for is no news before a quarter of an hour is over', async (t) => {
  const ship = await waitingShip(moored);
  await ship.run(60);
  ship.tell('speed', '5');
  await ship.run(30);
  const told = ship.reports.length;
  for (let second = 0; second < 600; second += 10) {
    ship.tell('speed', `${5 + (second % 30)}`);
    await ship.run(10);
  }
  t.is(ship.reports.length, told);
});
