import test from 'ava';
import { type EnrollOptions, type EnrollPorts, enroll } from '../../../device-agent/command/enroll.ts';
import { type Network, NetworkError } from '../../../platform/ports.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import type { AgentConfiguration } from '../../../schemas/generated/types.ts';
import { SimDisk } from '../../sim/sim-disk.ts';
import { Shore } from '../shore.ts';

const network: Network = { request: () => Promise.reject(new NetworkError('UNREACHABLE', 'nobody is there')) };

/** What the file that enroll() writes says. */
const configured: AgentConfiguration = {
  ...{ device: 'buoy', stateDirectory: '/state', controller: 'https://shore:7443', ca: '', trustRoot: '' },
  mqtt: { host: 'shore' },
};

function machine(root: Uint8Array) {
  const disk = new SimDisk();
  disk.makeDirectory('/from');
  for (const [name, bytes] of Object.entries({
    'ca.pem': Buffer.from('-----BEGIN CERTIFICATE-----\n'),
    'root.json': root,
  })) {
    using file = disk.open(`/from/${name}`, 'write');
    file.write(0, bytes);
  }
  const printed: string[] = [];
  const ports: EnrollPorts = {
    ...{ clock: new SimTime(0).clock({ alive: true }), disk, random: new SimRandom(1) },
    ...{ openNetwork: () => network, print: (text) => void printed.push(text) },
    signal: new AbortController().signal,
    readConfiguration: async () => configured,
  };
  const options: EnrollOptions = {
    ...{ device: 'buoy', controller: 'https://shore:7443', ca: '/from/ca.pem', trustRoot: '/from/root.json' },
    ...{ wait: false, directory: '/etc/fleet', stateDirectoryUsual: '/state' },
  };
  const run = (trustRoot: string, changed: Partial<EnrollOptions> = {}) =>
    enroll(ports, { ...options, trustRoot, ...changed });
  return { disk, printed, run, ports, options };
}

test('enroll() makes a key and a configuration, and says what git should name', async (t) => {
  const { disk, printed, run } = machine(new Shore('buoy').bornRoot);
  t.is(await run('/from/root.json'), 'unreachable');
  t.regex(printed.join(''), /keyFingerprint: SHA256:\S{43}=\n.*No certificate yet: nobody is there/s);
  t.deepEqual(disk.list('/etc/fleet'), ['ca.pem', 'fleet.config.yaml', 'root.json']);
});

test('enroll() refuses a trust root that is none before it writes anything', async (t) => {
  const { disk, run } = machine(Buffer.from('{}'));
  const message = /^the trust root \/from\/\w+\.json can't be used: /;
  await t.throwsAsync(run('/from/root.json'), { message });
  await t.throwsAsync(run('/from/none.json'), { message });
  t.is(disk.stat('/etc/fleet'), undefined);
  t.is(disk.stat('/state'), undefined);
});

test('enroll() refuses an authority that is none before it writes anything', async (t) => {
  const { disk, run } = machine(new Shore('buoy').bornRoot);
  const told = (ca: string) => t.throwsAsync(run('/from/root.json', { ca }));
  t.regex(
    (await told('/from/root.json'))?.message ?? '',
    /^the authority \/from\/root\.json can't be used: it holds no/,
  );
  t.regex((await told('/from/none.pem'))?.message ?? '', /can't be used: there is no such file/);
  t.is(disk.stat('/etc/fleet') ?? disk.stat('/state'), undefined);
});

for (const [what, changed, told] of [
  [
    'another state directory',
    { stateDirectory: '/other' },
    /^\/etc\/fleet\/fleet\.config\.yaml is for device buoy with/,
  ],
  ['another device', { device: 'raft' }, /^\/etc\/fleet\/fleet\.config\.yaml is for device buoy with .* not for raft/],
  [
    'another device on the same state',
    { device: 'raft', directory: '/elsewhere' },
    /^the key in \/state is the one of device buoy, not of raft; name another --state/,
  ],
] as const) {
  test(`enroll() once more for ${what} is refused before it makes or reuses a key`, async (t) => {
    const { disk, printed, run } = machine(new Shore('buoy').bornRoot);
    await run('/from/root.json');
    const before = printed.length;
    await t.throwsAsync(run('/from/root.json', changed), { message: told });
    t.is(printed.length, before);
    t.is(disk.stat('/other') ?? disk.stat('/elsewhere'), undefined);
  });
}

test('enroll() once more finds the state where the configuration says', async (t) => {
  const { disk, printed, run } = machine(new Shore('buoy').bornRoot);
  await run('/from/root.json');
  await run('/from/root.json', { stateDirectoryUsual: '/elsewhere' });
  t.is(disk.stat('/elsewhere'), undefined);
  const keys = printed.join('').match(/SHA256:\S+/g) ?? [];
  t.deepEqual([keys.length, new Set(keys).size], [2, 1]);
});

for (const [changed, host, port] of [
  [{ controller: 'https://[2001:db8::7]:7443' }, '2001:db8::7', undefined],
  [{ mqtt: '2001:db8::8' }, '2001:db8::8', undefined],
  [{ mqtt: '[2001:db8::8]:8884' }, '2001:db8::8', '8884'],
] as const) {
  test(`enroll() writes an IPv6 address as a socket takes it: ${JSON.stringify(changed)}`, async (t) => {
    const { disk, run } = machine(new Shore('buoy').bornRoot);
    await run('/from/root.json', changed);
    const text = Buffer.from(disk.readFile('/etc/fleet/fleet.config.yaml')).toString();
    t.is(/^ {4}host: "(.*)"$/m.exec(text)?.[1], host);
    t.is(/^ {4}port: (.*)$/m.exec(text)?.[1], port);
  });
}

for (const [changed, told] of [
  [{ controller: 'shore' }, /^agent\.controller is not what it must be: "shore"/],
  [{ controller: 'shore', device: 'Buoy: 7' }, /^agent\.(device|controller) .*\nagent\.(device|controller) /],
  [
    { controller: 'https://[fe80::1%25eth0]:7443', mqtt: 'shore' },
    /^agent\.controller is no URL: "https:\/\/\[fe80::1%25eth0\]:7443"; no address with a zone/,
  ],
  [{ mqtt: '[fe80::1%eth0]:8883' }, /^agent\.mqtt must be HOST or HOST:PORT or \[IPV6\]:PORT, not/],
  [{ mqtt: 'shore:mqtt' }, /^agent\.mqtt must be HOST or HOST:PORT or \[IPV6\]:PORT, not "shore:mqtt"$/],
  [{ mqtt: 'shore:88830' }, /^agent\.mqtt\.port must be <= 65535, not 88830/],
] as const) {
  test(`enroll() writes nothing that the agent would refuse: ${JSON.stringify(changed)}`, async (t) => {
    const { disk, run } = machine(new Shore('buoy').bornRoot);
    await t.throwsAsync(run('/from/root.json', changed), { message: told });
    t.is(disk.stat('/etc/fleet'), undefined);
    t.is(disk.stat('/state'), undefined);
  });
}

test('who waits for git asks soon at first, and less than twenty times an hour in the end', async (t) => {
  const { ports, options } = machine(new Shore('buoy').bornRoot);
  const time = new SimTime(0);
  const stop = new AbortController();
  const askedAt: number[] = [];
  const openNetwork = (): Network => ({
    request: () => {
      askedAt.push(time.now);
      if (time.now >= 24 * 3_600_000) stop.abort();
      return Promise.reject(new NetworkError('UNREACHABLE', 'nobody is there'));
    },
  });
  const waiting = enroll(
    { ...ports, clock: time.clock({ alive: true }), openNetwork, signal: stop.signal },
    { ...options, wait: true },
  );
  await time.runUntil(25 * 3_600_000);
  t.is(await waiting, 'unreachable');
  t.true(askedAt.filter((at) => at < 60_000).length >= 4, askedAt.slice(0, 8).join());
  t.true(askedAt.length < 24 * 20, `asked ${askedAt.length} times a day`);
});
