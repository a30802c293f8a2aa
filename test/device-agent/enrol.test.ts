import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { CertificateDoubts } from '../../device-agent/certificate-doubts.ts';
import { type EnrollOptions, enroll } from '../../device-agent/command/enroll.ts';
import { enrol } from '../../device-agent/enrol.ts';
import { DeviceIdentityStore, keyInManifest } from '../../device-agent/enrol-identity.ts';
import { isRenewalDue, keepCertificate } from '../../device-agent/enrol-renewal.ts';
import { nodeClock } from '../../platform/node/clock.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import { openNetwork } from '../../platform/node/network.ts';
import { nodeRandom } from '../../platform/node/random.ts';
import { SimTime } from '../../platform/simulated/clock.ts';
import { SimRandom } from '../../platform/simulated/random.ts';
import { Shore } from './shore.ts';
import { openShore } from './transport/shore.ts';

test('a device is refused until git names its key, then gets a certificate for it', async (t) => {
  const shore = await openShore(t);
  const device = shore.newDevice('buoy');
  const refused = await device.enrol();
  t.like(refused, { kind: 'refused', code: 'KEY_NOT_NAMED' });
  t.is(device.identity.certificateText(), undefined);
  shore.named.set('buoy', device.fingerprint);
  t.deepEqual(await device.enrol(), { kind: 'enrolled', broker: { host: '127.0.0.1', port: '18883' } });
  t.true((device.identity.validity()?.untilMs ?? 0) > Date.now());
});

test('a device that is enrolled once more trusts what it is given then, once a controller has answered under it', async (t) => {
  const shore = await openShore(t);
  const directory = join(shore.directory, 'etc');
  const given = join(shore.directory, 'given');
  for (const folder of [directory, given]) mkdirSync(folder);
  writeFileSync(join(given, 'ca.pem'), shore.authority.certificate);
  writeFileSync(join(given, 'other.pem'), `-----BEGIN CERTIFICATE-----\n${shore.authority.certificate}`);
  writeFileSync(join(given, 'root.json'), new Shore('buoy').bornRoot);
  const printed: string[] = [];
  const file = join(directory, 'fleet.config.yaml');
  const run = (ca: string, controller = shore.url) =>
    enroll(
      {
        ...{ clock: nodeClock, disk: nodeDisk, random: nodeRandom, print: (text: string) => printed.push(text) },
        ...{ openNetwork: (identity) => openNetwork(() => identity), signal: AbortSignal.timeout(10_000) },
        readConfiguration: async () => {
          const { agent } = parse(readFileSync(file, 'utf8'));
          return { ...agent, ca: join(directory, agent.ca), trustRoot: join(directory, agent.trustRoot) };
        },
      },
      {
        ...{ device: 'buoy', controller, ca: join(given, ca), trustRoot: join(given, 'root.json'), wait: false },
        ...{ directory, stateDirectoryUsual: join(shore.directory, 'buoy') },
      },
    );
  t.is(await run('ca.pem'), 'refused');
  const identity = new DeviceIdentityStore(nodeDisk, join(shore.directory, 'buoy'));
  shore.named.set('buoy', keyInManifest(identity.key()).keyFingerprint);
  const trusted = () => ['ca.pem', 'root.json'].map((name) => readFileSync(join(directory, name), 'utf8'));
  const right = trusted();
  for (const name of ['ca.pem', 'root.json']) writeFileSync(join(directory, name), 'of an authority that is no more');
  t.is(await run('other.pem'), 'unreachable');
  t.notDeepEqual(trusted(), right, 'nobody has answered under it');
  t.is(await run('ca.pem'), 'enrolled');
  t.deepEqual(trusted(), right);
  t.regex(printed.join(''), /ca\.pem is now what \S+ca\.pem is\.\n.*root\.json is now what/);
  await run('ca.pem', shore.url.replace('127.0.0.1', 'localhost'));
  t.regex(printed.join(''), /says that the controller is https:\/\/127\.0\.0\.1:\d+, not https:\/\/localhost/);
});

test('enroll learns where the broker is, where nobody said otherwise; by hand or by --mqtt stays as it was said', async (t) => {
  const shore = await openShore(t);
  const born = new Shore('buoy').bornRoot;
  const brokerOf = async (device: string, more: Partial<EnrollOptions>, byHand = '') => {
    const directory = join(shore.directory, `${device}-etc`);
    mkdirSync(directory);
    const [ca, trustRoot] = [join(directory, 'ca.pem'), join(directory, 'root.json')];
    writeFileSync(ca, shore.authority.certificate);
    writeFileSync(trustRoot, born);
    const file = join(directory, 'fleet.config.yaml');
    const stateDirectory = join(shore.directory, device);
    const run = () =>
      enroll(
        {
          ...{
            clock: nodeClock,
            disk: nodeDisk,
            random: nodeRandom,
            openNetwork: (identity) => openNetwork(() => identity),
          },
          ...{ print: () => {}, signal: AbortSignal.timeout(10_000) },
          readConfiguration: async () => ({ ...parse(readFileSync(file, 'utf8')).agent, ca, trustRoot }),
        },
        {
          ...{
            device,
            controller: shore.url,
            ca,
            trustRoot,
            directory,
            stateDirectoryUsual: stateDirectory,
            wait: false,
          },
          ...more,
        },
      );
    t.is(await run(), 'refused');
    appendFileSync(file, byHand);
    shore.named.set(device, keyInManifest(new DeviceIdentityStore(nodeDisk, stateDirectory).key()).keyFingerprint);
    t.is(await run(), 'enrolled');
    return parse(readFileSync(file, 'utf8')).agent.mqtt;
  };
  t.deepEqual(await brokerOf('buoy', {}), { host: '127.0.0.1', port: 18883 });
  t.deepEqual(await brokerOf('crane', { mqtt: 'broker.example' }), { host: 'broker.example' });
  t.deepEqual(await brokerOf('truck', {}, '# by hand\n'), { host: '127.0.0.1' });
});

test('one key has one name: whoever made it, and wherever making it was interrupted', async (t) => {
  const shore = await openShore(t);
  const buoy = await shore.enrolledDevice('buoy');
  t.is(buoy.identity.owner(), 'buoy');
  const network = openNetwork(() => ({ ca: shore.authority.certificate }));
  const renamed = { device: 'crane', controller: shore.url, identity: buoy.identity, network };
  shore.named.set('crane', buoy.fingerprint);
  t.like(await enrol(renamed, AbortSignal.timeout(10_000)), { kind: 'refused', code: 'KEY_OF_ANOTHER' });
  const directory = join(shore.directory, 'truck');
  const truck = new DeviceIdentityStore(nodeDisk, directory);
  truck.claim('truck');
  t.is(truck.owner(), undefined, 'a name without a key binds nobody');
  const raft = { device: 'raft', controller: shore.url, identity: truck, network };
  t.like(await enrol(raft, AbortSignal.timeout(10_000)), { kind: 'refused', code: 'KEY_NOT_NAMED' });
  t.is(truck.owner(), 'raft');
});

test("the key stays what it is, is the owner's alone, and goes with no other certificate", async (t) => {
  const shore = await openShore(t);
  const buoy = await shore.enrolledDevice('buoy');
  const crane = await shore.enrolledDevice('crane');
  t.is(statSync(join(shore.directory, 'buoy', 'identity', 'key.pem')).mode & 0o777, 0o600);
  t.true(new DeviceIdentityStore(nodeDisk, join(shore.directory, 'buoy')).key().equals(buoy.identity.key()));
  t.false(buoy.identity.keep(crane.identity.certificateText() ?? ''), 'the certificate of another key');
  t.false(buoy.identity.keep('nonsense'));
});

test('one flipped bit costs neither key nor certificate; without a key that is whole there is no certificate', async (t) => {
  const shore = await openShore(t);
  const { identity } = await shore.enrolledDevice('buoy');
  const directory = join(shore.directory, 'buoy', 'identity');
  const read = () => ({ key: identity.keyText(), certificate: identity.certificateText(), owner: identity.owner() });
  const before = read();
  const flip = (name: string, at: number): void => {
    const bytes = readFileSync(join(directory, name));
    bytes[at]! ^= 1;
    writeFileSync(join(directory, name), bytes);
  };
  for (const name of readdirSync(directory)) {
    const whole = readFileSync(join(directory, name));
    for (const at of [3, whole.length >> 1, whole.length - 1]) {
      flip(name, at);
      t.deepEqual(read(), before, `${name} at ${at}`);
      t.deepEqual(readFileSync(join(directory, name)), whole, `${name} is whole again`);
    }
  }
  for (const name of ['key.pem', 'key.pem.copy']) flip(name, 100);
  t.is(identity.keyText(), undefined);
  t.is(identity.certificateText(), undefined);
  t.is(identity.validity(), undefined);
});

test('a certificate is renewed in the last third of its time, long after its end, and where it does not count yet', (t) => {
  const validity = { fromMs: 0, untilMs: 90 };
  t.deepEqual(
    [-1, 0, 59, 60, 90, 9_000].map((now) => isRenewalDue(validity, now)),
    [true, false, false, true, true, true],
  );
  t.true(isRenewalDue(undefined, 0));
});

/** The agent's time in simulated time, and a certificate that nobody doubts. */
function about(time: SimTime) {
  const doubts = new CertificateDoubts(time.clock({ alive: true }));
  return { nowMs: () => time.now, doubts, onRenewed: () => {} };
}

test('a certificate that the shore refuses is renewed at once though nothing here says so, and seldom where that does not help', async (t) => {
  const time = new SimTime(0);
  const stop = new AbortController();
  const tries: number[] = [];
  const parts = about(time);
  let isAway = true;
  const done = keepCertificate(
    {
      validity: () => ({ fromMs: 0, untilMs: 90 * 24 * 3_600_000 }),
      enrol: async () => {
        tries.push(Math.floor(time.now / 3_600_000));
        return isAway ? { kind: 'unreachable', message: 'no link' } : { kind: 'enrolled' };
      },
      ...parts,
      random: new SimRandom(1),
      log: { write: () => {} },
    },
    stop.signal,
  );
  await time.runUntil(3_600_000);
  t.deepEqual(tries, []);
  parts.doubts.raise();
  await time.runUntil(2 * 3_600_000);
  t.true(tries.length > 1, 'it goes on until somebody answers');
  isAway = false;
  tries.length = 0;
  for (let minute = 120; minute < 26 * 60; minute += 1) {
    await time.runUntil(minute * 60_000);
    parts.doubts.raise();
  }
  stop.abort();
  await done;
  t.true(tries[0]! <= 3 && tries.length >= 6 && tries.length <= 8, `${tries}`);
});

test('keepCertificate() asks ever more rarely while nobody answers, and logs a reason once', async (t) => {
  const time = new SimTime(0);
  const logged: string[] = [];
  const tries: number[] = [];
  const stop = new AbortController();
  const done = keepCertificate(
    {
      validity: () => undefined,
      enrol: async () => {
        tries.push(time.now);
        return { kind: 'unreachable', message: 'no link' };
      },
      ...about(time),
      random: new SimRandom(1),
      log: { write: (level, event) => logged.push(`${level} ${event}`) },
    },
    stop.signal,
  );
  await time.runUntil(24 * 3_600_000);
  stop.abort();
  await done;
  t.true(tries.length > 20 && tries.length < 60, `${tries.length} tries in a day`);
  t.is(logged.filter((line) => line.startsWith('warn')).length, 1);
});

test('keepCertificate() goes on when the disk takes no certificate or what is there cannot be read', async (t) => {
  const time = new SimTime(0);
  const logged: string[] = [];
  const stop = new AbortController();
  let isBroken = true;
  const broken = (): never => {
    throw new Error('no space left');
  };
  const done = keepCertificate(
    {
      validity: () => (isBroken && time.now > 600_000 ? broken() : undefined),
      enrol: async () => (isBroken ? broken() : { kind: 'enrolled' }),
      ...about(time),
      random: new SimRandom(1),
      log: { write: (level, event) => logged.push(`${level} ${event}`) },
    },
    stop.signal,
  );
  await time.runUntil(3_600_000);
  t.deepEqual(
    logged.filter((line) => !line.startsWith('debug')),
    ['warn identity.not-renewed'],
  );
  isBroken = false;
  await time.runUntil(3 * 3_600_000);
  stop.abort();
  await done;
  t.true(logged.includes('info identity.renewed'));
});
