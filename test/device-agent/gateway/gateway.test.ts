/** Who is let through by a gateway, and how much of it. */
import test from 'ava';
import { destinationsOf } from '../../../device-agent/gateway/destinations.ts';
import { Gateway } from '../../../device-agent/gateway/gateway.ts';
import { GatheredTravel } from '../../../device-agent/gateway/gathered-travel.ts';
import { DoorKeeper } from '../../../device-agent/neighbours/door-keeper.ts';
import type { ChildProcess, Random, Tunnel, TunnelRefusal } from '../../../platform/ports.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';

const configuration = {
  controller: 'https://Fleet.example.com',
  artifacts: 'https://cache.example.com:8443/artifacts',
  mqtt: { host: 'mqtt.example.com' },
};
const controller = { host: 'fleet.example.com', port: 443 };
const broker = { host: 'mqtt.example.com', port: 8883 };

function openGateway() {
  const time = new SimTime(0);
  const clock = time.clock({ alive: true });
  const later = (ms: number): Promise<void> => time.runUntil(time.now + ms);
  const gateway = new Gateway({ clock, destinations: destinationsOf(configuration), countTravel: () => {} });
  const ask = (asked: typeof broker, device = 'anna'): Tunnel | TunnelRefusal =>
    gateway.handle(asked, { device, address: '192.168.7.12' });
  const tunnel = (asked: typeof broker, device?: string): Tunnel => {
    const answer = ask(asked, device);
    if (answer.kind !== 'tunnel') throw new Error(answer.reason);
    return answer;
  };
  return { later, gateway, ask, tunnel };
}

test('devices are let through to where the gateway goes itself, and nowhere else; nobody else is let through', (t) => {
  const { gateway, ask } = openGateway();
  for (const asked of [controller, broker, { host: 'cache.example.com', port: 8443 }])
    t.is(ask(asked).kind, 'tunnel', asked.host);
  for (const asked of [
    { ...controller, port: 22 },
    { host: '192.168.7.1', port: 443 },
    { host: 'cache.example.com', port: 443 },
    { host: 'mqtt.example.com', port: 443 },
  ])
    t.like(ask(asked), {
      kind: 'refused',
      status: 403,
      reason: `it does not lead to ${asked.host} port ${asked.port}`,
    });
  t.like(gateway.handle(controller, { address: '192.168.7.12' }), { kind: 'refused', status: 403 });
});

test('a cache in the network of the site is nowhere that a gateway leads to', (t) => {
  const places = destinationsOf({ ...configuration, artifacts: 'http://cache.ship.lan:8080' });
  t.deepEqual(
    places.map(({ host }) => host),
    ['mqtt.example.com', 'fleet.example.com'],
  );
});

test('a device that comes with too many connections loses its oldest, and no others of the site', (t) => {
  const { tunnel } = openGateway();
  const other = tunnel(broker, 'bella');
  const own = Array.from({ length: 9 }, () => tunnel(broker));
  t.deepEqual(
    own.map(({ signal }) => signal.aborted),
    [true, ...Array.from({ length: 8 }, () => false)],
  );
  t.false(other.signal.aborted);
});

test('a device that comes again and again is let through now and then, and the others as ever', async (t) => {
  const { later, ask, tunnel } = openGateway();
  for (let times = 0; times < 16; times++) tunnel(controller).ended();
  t.like(ask(controller), { kind: 'refused', status: 503, reason: 'this device comes too often' });
  t.is(ask(controller, 'bella').kind, 'tunnel');
  await later(2_000);
  t.deepEqual([ask(controller).kind, ask(controller).kind], ['tunnel', 'refused']);
});

test('who shows an old certificate of a device takes nothing from who shows one that counts', (t) => {
  const { gateway, tunnel } = openGateway();
  const own = tunnel(controller);
  const outdated = { device: 'anna', keyFingerprint: 'SHA256:x', startsAt: 0, endsAt: 1 };
  const come = () => gateway.handle(controller, { outdated, address: '192.168.7.13' });
  const [first] = Array.from({ length: 12 }, come);
  if (first?.kind !== 'tunnel') return t.fail();
  t.deepEqual([first.signal.aborted, own.signal.aborted], [true, false]);
  t.false(first.accepts(64 * 1024));
  gateway.close('link vsat carries no modules');
  t.true(own.accepts(32 * 1024));
});

test('a site has so many connections at once, and one that ends makes room', (t) => {
  const { ask, tunnel } = openGateway();
  const all = Array.from({ length: 128 }, (_, index) => tunnel(broker, `device-${index % 32}`));
  t.like(ask(broker), { kind: 'refused', status: 503 });
  all[0]!.ended();
  t.is(ask(broker).kind, 'tunnel');
});

test('a server that is not reached is tried for one device at a time, and not again at once', async (t) => {
  const { later, ask, tunnel } = openGateway();
  const first = tunnel(broker);
  const reason = 'mqtt.example.com port 8883 is not reached from here: connect ENETUNREACH';
  first.reached(reason);
  first.ended();
  t.like(ask(broker, 'bella'), { kind: 'refused', status: 502, reason });
  t.is(ask(controller, 'bella').kind, 'tunnel');
  await later(5_000);
  const second = tunnel(broker, 'bella');
  t.like(ask(broker), { kind: 'refused', status: 502 });
  second.reached();
  t.is(ask(broker).kind, 'tunnel');
});

test('a try that is left before it came to anything keeps nobody else from trying', async (t) => {
  const { later, ask, tunnel } = openGateway();
  tunnel(broker).reached('nobody there');
  await later(5_000);
  tunnel(broker).ended();
  t.is(ask(broker, 'bella').kind, 'tunnel');
});

test('while the link may carry no modules, a device is let through to the broker for 4 MiB a day, and over HTTPS for 32 KiB', async (t) => {
  const { later, gateway, ask, tunnel } = openGateway();
  const [news, session] = [tunnel(controller), tunnel(broker)];
  t.true(news.accepts(10_000_000));
  const why = 'link vsat has used its 50 MB a month';
  gateway.close(why);
  t.true(news.accepts(32 * 1024));
  t.false(news.accepts(1));
  t.like(ask(controller), { kind: 'refused', status: 503, reason: why });
  t.is(ask(broker).kind, 'tunnel');
  t.true(session.accepts(4 * 1024 * 1024));
  t.false(session.accepts(1));
  t.like(ask(broker), { kind: 'refused', status: 503, reason: why });
  t.is(ask(broker, 'bella').kind, 'tunnel');
  t.true(tunnel(controller, 'bella').accepts(1_000));
  await later(24 * 3_600_000);
  t.is(ask(controller).kind, 'tunnel');
  gateway.close(undefined);
  t.true(tunnel(controller).accepts(10_000_000));
});

test('a device whose certificate does not count may have it renewed through a gateway, and no more', (t) => {
  const { gateway } = openGateway();
  const outdated = { device: 'anna', keyFingerprint: 'SHA256:x', startsAt: 0, endsAt: 1 };
  const come = (asked: typeof broker) => gateway.handle(asked, { outdated, address: '192.168.7.12' });
  t.like(come(broker), { kind: 'refused', status: 403 });
  const renewal = come(controller);
  if (renewal.kind !== 'tunnel') return t.fail(renewal.reason);
  t.true(renewal.accepts(32 * 1024));
  t.false(renewal.accepts(1));
  t.like(come(controller), { kind: 'refused', status: 503 });
});

test('a door is told that its link is closed when that shows, by what travels or within a minute, and a new one anew', async (t) => {
  const time = new SimTime(0);
  const told: unknown[] = [];
  const doors: { hear(message: unknown): void; end(): void }[] = [];
  const start = (): ChildProcess => {
    const [messages, exits]: [((value: unknown) => void)[], ((exit: { code: number }) => void)[]] = [[], []];
    doors.push({
      hear: (message) => void messages.map((one) => one(message)),
      end: () => void exits.map((one) => one({ code: 1 })),
    });
    return {
      onMessage: (one: (value: unknown) => void) => messages.push(one),
      onExit: (one: (exit: { code: number }) => void) => exits.push(one),
      send: (message: unknown) => told.push(message),
      kill: () => {},
    } as unknown as ChildProcess;
  };
  let [why, travelled]: [string | undefined, number] = [undefined, 0];
  const keeper = new DoorKeeper({
    ...{ processes: { start }, clock: time.clock({ alive: true }), random: { fraction: () => 0 } as Random },
    ...{ log: { write: () => {} }, file: 'door', args: [], closed: () => why },
    countTravel: (bytes) => (travelled += bytes),
  });
  keeper.start();
  doors[0]!.hear({ kind: 'listening', port: 7450 });
  t.deepEqual(told, []);
  why = 'link vsat carries no modules';
  doors[0]!.hear({ kind: 'travelled', bytes: 7, via: 'sat0' });
  doors[0]!.hear({ kind: 'travelled', bytes: 8, via: 'sat0' });
  t.deepEqual(told.splice(0), [{ kind: 'closed', why }]);
  t.is(travelled, 15);
  why = undefined;
  await time.runUntil(60_000);
  t.deepEqual(told.splice(0), [{ kind: 'closed' }]);
  why = 'its hours are over';
  await time.runUntil(120_000);
  t.deepEqual(told.splice(0), [{ kind: 'closed', why }]);
  doors[0]!.end();
  await time.runUntil(180_000);
  t.deepEqual(told, []);
  doors[1]!.hear({ kind: 'listening', port: 7450 });
  t.deepEqual(told.splice(0), [{ kind: 'closed', why }]);
  keeper.stop();
});

test('what travels is told in sums by interface, a second after the first of it', async (t) => {
  const time = new SimTime(0);
  const clock = time.clock({ alive: true });
  const told: (readonly [number, string | undefined])[] = [];
  const travel = new GatheredTravel(clock, 1_000, (bytes, via) => told.push([bytes, via]));
  for (const [bytes, via] of [
    [3, 'sat0'],
    [4, undefined],
    [5, 'sat0'],
  ] as const)
    travel.count(bytes, via);
  await time.runUntil(999);
  t.deepEqual(told, []);
  await time.runUntil(1_000);
  t.deepEqual(told, [
    [8, 'sat0'],
    [4, undefined],
  ]);
  travel.count(1, 'sat0');
  await time.runUntil(2_000);
  t.deepEqual(told.at(-1), [1, 'sat0']);
});
