import test, { type ExecutionContext } from 'ava';
import { keepAll, loseAll, type SimDisk } from '../../sim/sim-disk.ts';
import { adder, caller, multiplier } from '../runtime/linked-modules.ts';
import { buildModule, op } from '../runtime/module-builder.ts';
import { Ship } from '../ship.ts';
import { dayMs, keyOf, moduleBytes, Shore, sha256 } from '../shore.ts';

const gauge1 = { name: 'gauge', version: '1.0.0', bytes: moduleBytes('gauge one', 20_000) };
const gauge2 = { name: 'gauge', version: '2.0.0', bytes: moduleBytes('gauge two', 21_000) };
const gaugeBad = { name: 'gauge', version: '3.0.0', bytes: moduleBytes('gauge crashes', 9_000) };
const horn1 = { name: 'horn', version: '1.0.0', bytes: moduleBytes('horn one', 5_000) };

/** A device that runs gauge 1 and horn 1 as deployment 1, proved. */
async function proved(capacityBytes?: number): Promise<Ship> {
  const shore = new Shore('anna');
  for (const app of [gauge1, gauge2, gaugeBad, horn1]) shore.releaseWithBrotli(app);
  const ship = new Ship(shore, capacityBytes);
  ship.boot();
  ship.want(shore.desired(1, [gauge1, horn1]));
  await ship.run(60);
  return ship;
}

test('a deployment is fetched, tried, proved and reported', async (t) => {
  const ship = await proved();
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  t.is(ship.report.phase, 'active');
  t.is(ship.report.running?.sequence, 1);
  const phases = ship.reports.map(({ phase }) => phase);
  for (const phase of ['fetching', 'probation', 'active'] as const) t.true(phases.includes(phase), phase);
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

const refusals: readonly {
  readonly what: string;
  readonly code: string;
  readonly want: (shore: Shore) => unknown;
}[] = [
  {
    what: 'an older deployment',
    code: 'SEQUENCE_REPLAYED',
    want: (shore) => shore.desired(1, [gauge1], { probationSeconds: 7 }),
  },
  {
    what: 'another deployment of the same sequence',
    code: 'SEQUENCE_REUSED',
    want: (shore) => shore.desired(2, [gauge1]),
  },
  {
    what: "another device's deployment",
    code: 'WRONG_DEVICE',
    want: (shore) => shore.desired(3, [], { device: 'berta' }),
  },
  {
    what: 'a deployment by an unknown key',
    code: 'ENVELOPE_THRESHOLD',
    want: (shore) => ({ sequence: 3, envelope: shore.envelope(shore.deployment(3, [gauge1]), keyOf('mallory')) }),
  },
  {
    what: 'an envelope with a flipped bit',
    code: 'ENVELOPE_BAD_SIGNATURE',
    want: (shore) => {
      const envelope = JSON.parse(shore.envelope(shore.deployment(3, [gauge1])));
      const payload = Buffer.from(envelope.payload, 'base64');
      payload[100]! ^= 1;
      return { sequence: 3, envelope: JSON.stringify({ ...envelope, payload: payload.toString('base64') }) };
    },
  },
  {
    what: 'a payload that is no deployment',
    code: 'DEPLOYMENT_MALFORMED',
    want: (shore) => ({ sequence: 3, envelope: shore.envelope({}) }),
  },
  { what: 'an envelope that is no JSON', code: 'ENVELOPE_MALFORMED', want: () => ({ sequence: 3, envelope: '}{' }) },
  { what: 'a shadow that is no desired state', code: 'DESIRED_MALFORMED', want: () => ({ sequence: 'x' }) },
];

for (const { what, code, want } of refusals) {
  test(`${what} is refused and the old one goes on`, async (t) => {
    const ship = await proved();
    ship.want(ship.shore.desired(2, [gauge1, horn1]));
    await ship.run(60);
    ship.want(want(ship.shore));
    await ship.run(60);
    t.is(ship.report.problem?.code, code);
    t.is(ship.reports.at(-1)?.problem?.code, code);
    t.is(ship.report.running?.sequence, 2);
    t.is(ship.report.highestSequence, 2);
    t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  });
}

test('a deployment that disagrees with the signed release is not installed', async (t) => {
  const ship = await proved();
  ship.want(ship.shore.desired(2, [{ ...gauge2, version: '1.0.0' }]));
  await ship.run(60);
  t.is(ship.report.problem?.code, 'RELEASE_MISMATCH');
  ship.want(ship.shore.desired(3, [{ ...gauge2, version: '9.9.9' }]));
  await ship.run(60);
  t.is(ship.report.problem?.code, 'RELEASE_UNSIGNED');
  t.is(ship.report.running?.sequence, 1);
});

test('expired metadata stops a new install, even with the clock set back, and nothing that runs', async (t) => {
  const ship = await proved();
  ship.link.set(false);
  await ship.time.runUntil(ship.time.now + 30 * dayMs);
  ship.shore.nowMs += 30 * dayMs;
  ship.want(ship.shore.desired(2, [gauge2]));
  ship.skewMs = -60 * dayMs;
  ship.link.set(true);
  await ship.run(60);
  t.is(ship.report.problem?.code, 'METADATA_EXPIRED');
  t.is(ship.report.running?.sequence, 1);
  ship.shore.publish();
  await ship.run(3600);
  t.is(ship.report.running?.sequence, 2);
});

test('a controller whose clock ran ahead by years for a while takes no time from the devices', async (t) => {
  const ship = await proved();
  ship.shore.aheadMs = 10 * 365 * dayMs;
  ship.shore.publish();
  ship.want(ship.shore.desired(2, [gauge2]));
  await ship.run(60);
  t.is(ship.report.problem?.code, 'METADATA_EXPIRED');
  t.is(ship.report.running?.sequence, 1);
  ship.shore.aheadMs = 0;
  ship.shore.publish();
  await ship.run(600);
  t.is(ship.report.running?.sequence, 2);
});

test('a flipped bit in metadata is refused, and the update goes on when it is whole again', async (t) => {
  const ship = await proved();
  const whole = ship.shore.files['/tuf/timestamp.json']!;
  ship.shore.publish();
  const flipped = Buffer.from(ship.shore.files['/tuf/timestamp.json']!);
  const good = ship.shore.files['/tuf/timestamp.json']!;
  t.notDeepEqual(whole, good);
  flipped[flipped.indexOf('"version":') + 10]! ^= 1;
  ship.shore.files['/tuf/timestamp.json'] = flipped;
  ship.want(ship.shore.desired(2, [gauge2]));
  await ship.run(30);
  t.is(ship.report.problem?.code, 'METADATA_THRESHOLD');
  t.is(ship.report.running?.sequence, 1);
  ship.shore.files['/tuf/timestamp.json'] = good;
  await ship.run(600);
  t.is(ship.report.running?.sequence, 2);
});

test('a flipped bit in an artifact is refused; the other way is taken, and with none left a code tells why', async (t) => {
  const ship = await proved();
  const whole = `/sha256/${sha256(gauge2.bytes)}`;
  const index = JSON.parse(Buffer.from(ship.shore.files['/releases/gauge/2.0.0.json']!).toString());
  const packed = `/sha256/${index.ways[1].sha256}`;
  const flip = (path: string): void => {
    const bytes = Buffer.from(ship.shore.files[path]!);
    bytes[1000]! ^= 4;
    ship.shore.files[path] = bytes;
  };
  flip(packed);
  ship.want(ship.shore.desired(2, [gauge2]));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
  t.deepEqual(
    ship.report.downloads?.map(({ method }) => method),
    ['whole'],
  );
  ship.want(ship.shore.desired(3, [gauge1]));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 3);
  flip(whole);
  ship.want(ship.shore.desired(4, [gauge2]));
  await ship.run(60);
  t.is(ship.report.problem?.code, 'ARTIFACT_DAMAGED');
  t.is(ship.report.running?.sequence, 3);
});

test('a signed module that no device runs is refused before anything is stopped for it, and the device says why', async (t) => {
  const ship = await proved();
  const gpio = buildModule({ imports: [{ module: 'env', name: 'gpio' }], functions: { _start: [op.call(0)] } });
  const stranger = { name: 'gauge', version: '5.0.0', bytes: gpio };
  ship.shore.release(stranger);
  ship.want(ship.shore.desired(2, [stranger]));
  await ship.run(60);
  t.is(ship.report.problem?.code, 'MODULE_REFUSED');
  t.regex(ship.report.problem?.message ?? '', /^gauge 5\.0\.0 cannot run .* env\.gpio/);
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  ship.want(ship.shore.desired(3, [gauge2]));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 3);
  t.is(ship.report.problem, undefined);
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

test('a rotated deployment key is learnt from the signed targets', async (t) => {
  const ship = await proved();
  ship.shore.deploymentKey = keyOf('deployment of 2027');
  ship.shore.publish();
  ship.want(ship.shore.desired(2, [gauge2]));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
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

test('a linked module is fetched, judged and kept as every other, and the others stay where only it changes', async (t) => {
  const shore = new Shore('anna');
  const own = { name: 'gauge', version: '1.0.0', bytes: caller };
  const codecs = [adder, multiplier, horn1.bytes].map((bytes, at) => ({
    name: 'codec',
    version: `${at + 1}.0.0`,
    bytes,
  }));
  for (const app of [own, ...codecs]) shore.release(app);
  const ship = new Ship(shore);
  ship.boot();
  const linking = (sequence: number, { name, version, bytes }: (typeof codecs)[number]) => {
    const [application] = shore.deployment(sequence, [own]).applications;
    const links = { codec: { name, version, sha256: sha256(bytes), length: bytes.length } };
    return shore.desired(sequence, [own], { applications: [{ ...application!, links }] });
  };
  const modules = () => ship.disk.allFiles().filter((path) => path.startsWith('/state/sha256/'));
  const held = (...bytes: Uint8Array[]) => bytes.map((one) => `/state/sha256/${sha256(one)}`).sort();
  ship.want(linking(1, codecs[0]!));
  await ship.run(60);
  t.deepEqual(ship.running(), ['gauge 1.0.0']);
  t.deepEqual(modules(), held(caller, adder));
  ship.want(linking(2, codecs[1]!));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
  t.deepEqual(
    ship.report.downloads?.map(({ name, version, method }) => [name, version, method]),
    [
      ['gauge', '1.0.0', 'kept'],
      ['codec', '2.0.0', 'whole'],
    ],
  );
  t.deepEqual(modules(), held(caller, multiplier));
  ship.want(linking(3, codecs[2]!));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
  t.is(ship.report.problem?.code, 'MODULE_REFUSED');
  t.regex(
    ship.report.problem?.message ?? '',
    /gauge 1\.0\.0 .* codec\.f, which the module linked as codec does not export/,
  );
});
