/** A whole agent on simulated ports: what it refuses, while what it had goes on. */
import test from 'ava';
import { buildModule, op } from '../runtime/module-builder.ts';
import { dayMs, keyOf, type Shore, sha256 } from '../shore.ts';
import { gauge1, gauge2, horn1, proved } from './proved-ship.ts';

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

test('a word from the shore ends the wait after what was tried in vain, and no flood of words has a device try without end', async (t) => {
  const ship = await proved();
  const whole = `/sha256/${sha256(gauge2.bytes)}`;
  const { files } = ship.shore;
  const index = JSON.parse(Buffer.from(files['/releases/gauge/2.0.0.json']!).toString());
  const packed = `/sha256/${index.ways[1].sha256}`;
  const kept = { [whole]: files[whole]!, [packed]: files[packed]! };
  for (const path of Object.keys(kept)) delete files[path];
  const tries = () => ship.logged.filter((line) => line.startsWith('debug fetch.failed')).length;
  ship.want(ship.shore.desired(2, [gauge2]));
  await ship.run(24 * 3600);
  const before = tries();
  for (let said = 0; said < 1200; said += 1) {
    ship.want(ship.desired);
    await ship.run(0.5);
  }
  t.true(tries() - before <= 12, `${tries() - before} tries in ten minutes of words`);
  Object.assign(files, kept);
  await ship.run(61);
  ship.want(ship.desired);
  await ship.run(30);
  t.is(ship.report.running?.sequence, 2, 'at once, not after the hour that it would have waited');
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
  const large = { name: 'gauge', version: '6.0.0', bytes: buildModule({ functions: { _start: [] }, pages: 8192 }) };
  ship.shore.release(large);
  ship.want(ship.shore.desired(3, [large]));
  await ship.run(60);
  t.is(ship.report.problem?.code, 'MODULE_REFUSED');
  t.regex(ship.report.problem?.message ?? '', /^gauge 6\.0\.0 .* 8192 pages .* limits\.memory .* allows 1024$/);
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  ship.want(ship.shore.desired(4, [gauge2]));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 4);
  t.is(ship.report.problem, undefined);
});

test('a rotated deployment key is learnt from the signed targets', async (t) => {
  const ship = await proved();
  ship.shore.deploymentKey = keyOf('deployment of 2027');
  ship.shore.publish();
  ship.want(ship.shore.desired(2, [gauge2]));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
});
