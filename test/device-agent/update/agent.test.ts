/** A whole agent on simulated ports: what becomes of a deployment. */
import test from 'ava';
import { keepAll, loseAll } from '../../sim/disk-crash.ts';
import { dayMs, moduleBytes, sha256 } from '../shore.ts';
import { gauge1, gauge2, gaugeBad, gaugeMute, horn1, proved } from './proved-ship.ts';

test('a deployment is fetched, tried, proved and reported', async (t) => {
  const ship = await proved();
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  t.is(ship.report.phase, 'active');
  t.is(ship.report.running?.sequence, 1);
  const phases = ship.reports.map(({ phase }) => phase);
  for (const phase of ['probation', 'active'] as const) t.true(phases.includes(phase), phase);
  t.false(phases.includes('fetching'), 'it was fetched sooner than anybody could have looked');
  const newest = ship.reports.at(-1);
  t.is(newest?.phase, 'active');
  t.deepEqual(
    newest?.downloads?.map(({ name, method }) => `${name} ${method}`),
    ['gauge brotli', 'horn brotli'],
  );
});

test('how a module came is told with what had travelled before the power went', async (t) => {
  const large = { name: 'gauge', version: '3.0.0', bytes: moduleBytes('gauge three', 900_000) };
  const ship = await proved();
  ship.shore.release(large);
  ship.link.quality = { ...ship.link.quality, bytesPerSecond: 100_000 };
  ship.want(ship.shore.desired(2, [large]));
  await ship.run(6);
  t.is(ship.report.phase, 'fetching');
  ship.cutPower(keepAll);
  ship.boot();
  await ship.run(60);
  const download = ship.report.downloads?.find(({ name }) => name === 'gauge');
  t.is(ship.report.running?.sequence, 2);
  t.true(download !== undefined && download.bytes >= large.bytes.length, JSON.stringify(download));
  const served = ship.shore.requests.filter(({ headers }) => headers.range !== undefined);
  t.is(served.length, 1, 'it went on where it was');
});

test('an unchanged module is kept, and what nothing needs is collected', async (t) => {
  const ship = await proved();
  ship.want(ship.shore.desired(2, [gauge2, horn1]));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
  t.is(ship.report.downloads?.find(({ name }) => name === 'horn')?.method, 'kept');
  const modules = ship.disk.allFiles().filter((path) => path.startsWith('/state/sha256/'));
  t.deepEqual(modules, [gauge2, horn1].map(({ bytes }) => `/state/sha256/${sha256(bytes)}`).sort());
  t.deepEqual(ship.disk.list('/state/partial'), []);
});

test('what an application keeps stays as long as it may come back, and goes when the deployment without it is good', async (t) => {
  const ship = await proved();
  const kept = '/state/runtime/applications';
  for (const name of ['gauge', 'horn']) ship.disk.makeDirectory(`${kept}/${name}/data`);
  ship.want(ship.shore.desired(2, [gauge2]));
  await ship.run(10);
  t.is(ship.report.phase, 'probation');
  t.deepEqual(ship.disk.list(kept), ['gauge', 'horn']);
  await ship.run(60);
  t.is(ship.report.phase, 'active');
  t.deepEqual(ship.disk.list(kept), ['gauge']);
});

test('with no link at all the last good deployment runs at once after a power cut', async (t) => {
  const ship = await proved();
  ship.link.set(false);
  ship.cutPower(loseAll);
  t.true(ship.boot());
  await ship.run(0);
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  t.is(ship.report.phase, 'active');
});

test('a failing deployment gives way to the last good one and is not tried again', async (t) => {
  const ship = await proved();
  ship.want(ship.shore.desired(2, [gaugeBad]));
  await ship.run(10);
  t.is(ship.report.phase, 'probation');
  await ship.run(60);
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  t.is(ship.report.problem?.code, 'PROBATION_FAILED');
  t.is(ship.report.problem?.sequence, 2);
  ship.link.set(false);
  ship.link.set(true);
  await ship.run(120);
  t.is(ship.report.running?.sequence, 1);
  t.is(ship.report.highestSequence, 2);
  ship.want(ship.shore.desired(3, [gauge2]));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 3);
  t.is(ship.report.problem, undefined);
});

test('a check that an application does not pass in time takes the deployment back without a link, and is named', async (t) => {
  const ship = await proved();
  const { applications } = ship.shore.deployment(2, [gauge2]);
  const [gauge] = applications;
  ship.want(
    ship.shore.desired(2, [gauge2], { applications: [{ ...gauge!, health: { factsSeconds: { depth: 45 } } }] }),
  );
  await ship.run(10);
  t.is(ship.report.phase, 'probation');
  ship.link.set(false);
  await ship.run(30);
  t.is(ship.report.phase, 'probation', 'it ran for the whole probation, and its check is open');
  await ship.run(20);
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  const { code, message, sequence } = ship.report.problem!;
  t.deepEqual([code, sequence], ['PROBATION_FAILED', 2]);
  const seen = 'it is to be published within 45 s, and it published none';
  t.is(message, `gauge 2.0.0 failed its check health.facts.depth: ${seen}`);
});

test('an application that is asked on probation is good once it answers well, and gives way when it does not', async (t) => {
  const ship = await proved();
  const health = { http: { path: '/depth/now', withinSeconds: 40 } };
  const asked = (sequence: number, wish: typeof gauge1) => {
    const [gauge] = ship.shore.deployment(sequence, [wish]).applications;
    const trigger = { http: { route: '/depth' } };
    return ship.shore.desired(sequence, [wish], { applications: [{ ...gauge!, trigger, health }] });
  };
  ship.want(asked(2, gaugeMute));
  await ship.run(60);
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  const seen = 'GET /depth/now is to give 2xx within 40 s, and the last answer was 500';
  t.is(ship.report.problem?.message, `gauge 4.0.0 failed its check health.http: ${seen}`);
  ship.want(asked(3, gauge2));
  await ship.run(60);
  t.deepEqual(ship.running(), ['gauge 2.0.0']);
  t.is(ship.report.phase, 'active');
});

test('another judgement alone restarts nothing, and is in force on probation', async (t) => {
  const ship = await proved();
  const { applications } = ship.shore.deployment(1, [gauge1, horn1]);
  const [gauge, horn] = applications;
  const since = ship.report.applications.map((one) => one.since);
  const judged = { ...gauge!, health: { upSeconds: 60 } };
  ship.want(ship.shore.desired(2, [gauge1, horn1], { applications: [judged, horn!] }));
  await ship.run(40);
  t.is(ship.report.phase, 'probation');
  await ship.run(40);
  t.is(ship.report.phase, 'active');
  t.is(ship.report.running?.sequence, 2);
  t.deepEqual(
    ship.report.applications.map((one) => one.since),
    since,
  );
});

test('a newer deployment replaces one on probation, and the last good one is still held', async (t) => {
  const ship = await proved();
  ship.want(ship.shore.desired(2, [gaugeBad], { probationSeconds: 3600 }));
  await ship.run(2);
  t.is(ship.report.phase, 'probation');
  ship.link.quality = { ...ship.link.quality, bytesPerSecond: 100 };
  ship.want(ship.shore.desired(3, [gauge2]));
  await ship.run(2);
  t.is(ship.report.phase, 'fetching');
  t.is(ship.report.running?.sequence, 2);
  await ship.run(30);
  t.is(ship.report.running?.sequence, 1, 'the failing trial is judged while the next is fetched');
  t.is(ship.report.target?.sequence, 3);
  ship.link.quality = { ...ship.link.quality, bytesPerSecond: 1_000_000 };
  await ship.run(120);
  t.is(ship.report.running?.sequence, 3);
});

test('a deployment too large for the shadow comes from the artifact store', async (t) => {
  const ship = await proved();
  const text = ship.shore.envelope(ship.shore.deployment(2, [gauge2]));
  const bytes = Buffer.from(text);
  ship.shore.files[`/sha256/${sha256(bytes)}`] = bytes;
  ship.want({ sequence: 2, blob: { sha256: sha256(bytes), length: bytes.length } });
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
});

test('an empty deployment stops everything', async (t) => {
  const ship = await proved();
  ship.want(ship.shore.desired(2, []));
  await ship.run(60);
  t.deepEqual(ship.running(), []);
  t.is(ship.report.phase, 'active');
});

test('with too little disk the update waits with a code, and the old one runs on', async (t) => {
  const big = { name: 'gauge', version: '4.0.0', bytes: moduleBytes('gauge four', 900_000) };
  const ship = await proved(1_300_000);
  ship.shore.release(big);
  ship.want(ship.shore.desired(2, [big]));
  await ship.run(60);
  t.is(ship.report.problem?.code, 'DISK_FULL');
  t.is(ship.report.running?.sequence, 1);
});

test('reports are counted from 1 in each boot, boots by one, and every report is valid and small', async (t) => {
  const ship = await proved();
  ship.cutPower(loseAll);
  ship.boot();
  await ship.run(4 * 3600);
  const boots = Map.groupBy(ship.reports, ({ boot }) => boot?.number);
  t.deepEqual([...boots.keys()], [1, 2]);
  for (const reports of boots.values()) {
    t.deepEqual(
      reports.map(({ counter }) => counter),
      reports.map((_report, at) => at + 1),
    );
    t.is(new Set(reports.map(({ boot }) => boot?.id)).size, 1);
  }
  t.is(new Set(ship.reports.map(({ boot }) => boot?.id)).size, 2);
  t.true(ship.reports.every((report) => JSON.stringify(report).length <= 3072));
  t.true(ship.reports.length < 40, `${ship.reports.length} reports`);
});

test('a day without a link logs and writes next to nothing', async (t) => {
  const ship = await proved();
  ship.want(ship.shore.desired(2, [gauge2]));
  ship.link.set(false);
  await ship.run(5);
  const { operations } = ship.disk;
  const lines = ship.logged.filter((line) => !line.startsWith('debug')).length;
  await ship.time.runUntil(ship.time.now + dayMs);
  t.true(ship.disk.operations - operations < 40, `${ship.disk.operations - operations} operations`);
  t.true(ship.logged.filter((line) => !line.startsWith('debug')).length - lines < 10);
});
