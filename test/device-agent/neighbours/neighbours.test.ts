import test from 'ava';
import { AskedNeighbours } from '../../../device-agent/neighbours/ask-neighbours.ts';
import { type HttpHandler, type HttpResponse, NetworkError } from '../../../platform/ports.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import type { DeployedLink, LinkedModule } from '../../../schemas/generated/types.ts';
import { isReport } from '../../../schemas/generated/validators/report.js';
import { answer, moduleBytes, sha256 } from '../shore.ts';
import { Site } from './site.ts';

const gauge = { name: 'gauge', version: '1.0.0', bytes: moduleBytes('gauge', 80_000) };
const horn = { name: 'horn', version: '1.0.0', bytes: moduleBytes('horn', 30_000) };
const bulk = { name: 'bulk', version: '1.0.0', bytes: moduleBytes('bulk', 400_000) };

const day = 86_400;

/** A site on which one device has the gauge already. */
async function withGauge(names: readonly string[], others: readonly string[] = []): Promise<Site> {
  const site = new Site(names, [gauge, horn, bulk], others);
  site.want(site.ships[0]!, 1, [gauge]);
  await site.ships[0]!.run(120);
  return site;
}

function url({ bytes }: { readonly bytes: Uint8Array }): string {
  return `/sha256/${sha256(bytes)}`;
}

/** Says that it has what is asked for, and answers so. */
function liar(length: number, reply: HttpHandler): HttpHandler {
  return async (request, peer, signal) =>
    request.method === 'HEAD'
      ? answer(200, { 'content-length': String(length) }, new Uint8Array())
      : reply(request, peer, signal);
}

const bytesOf = async function* (pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pieces;
};

test('what one device of a site has, the others take from it, and the shore is asked for it once', async (t) => {
  const site = await withGauge(['anna', 'bella', 'carl']);
  t.is(site.asked(gauge), 1);
  const [, bella, carl] = site.ships;
  for (const ship of [bella!, carl!]) site.want(ship, 1, [gauge]);
  const before = [bella!.link.bytesDown, carl!.link.bytesDown];
  await bella!.run(120);
  t.deepEqual([bella!.running(), carl!.running()], [['gauge 1.0.0'], ['gauge 1.0.0']]);
  t.is(site.asked(gauge), 1);
  t.is(site.lan.bytes, 2 * gauge.bytes.length);
  for (const [at, ship] of [bella!, carl!].entries()) t.true(ship.link.bytesDown - before[at]! < 10_000);
  const { neighbour, ...download } = bella!.report.downloads![0]!;
  t.deepEqual(download, { name: 'gauge', version: '1.0.0', method: 'whole', bytes: 0, length: gauge.bytes.length });
  t.true(['anna', 'carl'].includes(neighbour!));
  t.true(bella!.report.bytesReceivedTotal! < 10_000, 'bytes of the site are not those of the link');
});

const control: DeployedLink = { name: 'vsat', interface: 'sat*', carries: ['control'] };

const closedLinks: readonly { readonly code: string; readonly link: DeployedLink }[] = [
  { code: 'LINK_CARRIES', link: control },
  { code: 'LINK_BUDGET', link: { name: 'vsat', interface: 'sat*', budget: { bytes: 100_000, per: 'month' } } },
  {
    code: 'LINK_WINDOW',
    link: { name: 'vsat', interface: 'sat*', fetch: [{ cron: '0 2 1 1 *', seconds: 3600, timeZone: 'UTC' }] },
  },
];

for (const { code, link } of closedLinks) {
  test(`a device that waits with ${code} takes from a neighbour what that has, and asks the shore for none of it`, async (t) => {
    const site = await withGauge(['anna', 'bella']);
    const [anna, bella] = site.ships;
    bella!.surroundings.wayOut = 'sat0';
    // Of one of them more than half comes, where the link lets any.
    site.want(bella!, 1, [bulk], { links: [link] });
    await bella!.run(120);
    site.want(bella!, 2, [gauge, horn], { links: [link] });
    await bella!.run(120);
    t.like(bella!.report, { phase: 'waiting', waiting: { to: 'fetch', code } });
    t.is(site.lan.bytes, gauge.bytes.length, 'what there is');
    site.want(anna!, 2, [gauge, horn]);
    await bella!.run(20 * 60);
    t.deepEqual(bella!.running(), ['gauge 1.0.0', 'horn 1.0.0']);
    t.deepEqual([site.asked(gauge), site.asked(horn)], [1, 1]);
    t.deepEqual(
      bella!.report.downloads?.map(({ neighbour, bytes }) => ({ neighbour, bytes })),
      [
        { neighbour: 'anna', bytes: 0 },
        { neighbour: 'anna', bytes: 0 },
      ],
    );
  });
}

test('what is not of the link holds back what comes from neighbours too, and who may not fetch is not waited for', async (t) => {
  const site = await withGauge(['anna', 'bella']);
  const [anna, bella] = site.ships;
  bella!.surroundings.wayOut = 'sat0';
  const never = [{ cron: '0 2 1 1 *', seconds: 3600, timeZone: 'UTC' }];
  site.want(bella!, 1, [gauge], { links: [control], windows: { fetch: never } });
  await bella!.run(3600);
  t.like(bella!.report.waiting, { code: 'WINDOW' });
  t.is(site.lan.bytes, 0);
  site.want(bella!, 2, [horn], { links: [control] });
  await bella!.run(3600);
  const askedAt = anna!.time.now;
  site.want(anna!, 2, [horn]);
  await anna!.run(12);
  t.deepEqual(anna!.running(), ['horn 1.0.0'], `${anna!.time.now - askedAt} ms`);
});

test('a device that knows nobody looks who is there when it lacks something, also while no link may bring it, and never else', async (t) => {
  const site = await withGauge(['anna', 'bella']);
  const [anna, bella] = site.ships;
  bella!.cutPower(() => 0);
  let looks = 0;
  const discover = async () => {
    looks += 1;
    return ['nobody:1', 'anna:1'];
  };
  Object.assign(bella!, { neighbours: [], discover });
  bella!.boot();
  bella!.surroundings.wayOut = 'sat0';
  await bella!.run(3600);
  t.is(looks, 0);
  site.want(bella!, 1, [gauge], { links: [control] });
  await bella!.run(60);
  t.deepEqual(bella!.running(), ['gauge 1.0.0']);
  t.is(looks, 1);
  site.want(anna!, 2, [gauge, horn]);
  await anna!.run(60);
  site.want(bella!, 2, [gauge, horn]);
  await bella!.run(24 * 3600);
  t.deepEqual(bella!.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  t.is(looks, 2);
  t.deepEqual([site.asked(gauge), site.asked(horn)], [1, 1]);
});

test('a liar with many addresses is asked once, and so many strangers that no report has room for them silence nobody', async (t) => {
  const addresses = Array.from({ length: 16 }, (_, at) => `mallory${at}`);
  const strangers = Array.from({ length: 60 }, (_, at) => `stranger${at}`);
  const site = new Site(['anna'], [gauge], [...addresses, ...strangers]);
  let given = 0;
  const lie = liar(gauge.bytes.length, async () => {
    given += 1;
    return answer(200, { 'content-length': String(gauge.bytes.length) }, Buffer.alloc(gauge.bytes.length));
  });
  for (const name of addresses) site.lan.devices.set(`${name}:1`, { device: 'mallory', handler: lie });
  const refuse: HttpHandler = async () => answer(403, {}, new Uint8Array());
  for (const name of strangers) site.join(name, refuse);
  const [anna] = site.ships;
  site.want(anna!, 1, [gauge]);
  await anna!.run(120);
  t.deepEqual(anna!.running(), ['gauge 1.0.0']);
  t.is(given, 1);
  t.is(anna!.report.neighbours?.length, 32);
  t.true(isReport(anna!.report));
});

test('who is found on the network and is of another fleet is no news, and one that somebody named is', async (t) => {
  const strangers = Array.from({ length: 9 }, (_, at) => `stranger${at}:1`);
  const refused = async () => {
    throw new NetworkError('TLS', 'a certificate of another authority');
  };
  const asked = new AskedNeighbours({
    ...{ network: { request: refused }, clock: new SimTime(0).clock({ alive: true }), nowMs: () => 0, device: 'anna' },
    ...{ known: ['bella:1'], discover: async () => strangers, aside: [] },
  });
  await asked.ask(
    { sha256: sha256(gauge.bytes), length: gauge.bytes.length } as LinkedModule,
    new AbortController().signal,
  );
  const told = asked.aside().filter(({ isStranger }) => isStranger !== true);
  t.is(asked.aside().length, 10);
  t.like(told, { length: 1, 0: { address: 'bella:1', why: 'untrusted' } });
});

test('while it waits for one neighbour a device looks once a minute who else is there', async (t) => {
  const site = new Site(['anna'], [gauge], ['mallory']);
  const [anna] = site.ships;
  let [done, looks] = [0, 0];
  site.join('mallory', async () => {
    done += 1;
    return answer(404, { 'x-fleet-wants': `fetching ${done}` }, new Uint8Array());
  });
  anna!.cutPower(() => 0);
  const discover = async () => {
    looks += 1;
    return ['mallory:1'];
  };
  Object.assign(anna!, { neighbours: [], discover });
  anna!.boot();
  site.want(anna!, 1, [gauge]);
  await anna!.run(330);
  t.is(looks, 6);
});

test('a device whose link is gone takes from a neighbour, and runs it once it hears what is signed', async (t) => {
  const site = await withGauge(['anna', 'bella']);
  const [, bella] = site.ships;
  site.want(bella!, 1, [horn]);
  await bella!.run(60);
  bella!.link.quality = { ...bella!.link.quality, latencyMs: 2_000 };
  site.want(bella!, 2, [gauge]);
  await bella!.run(1);
  bella!.link.set(false);
  await bella!.run(600);
  t.is(site.lan.bytes, gauge.bytes.length);
  t.deepEqual(bella!.running(), ['horn 1.0.0']);
  bella!.link.set(true);
  await bella!.run(60);
  t.deepEqual(bella!.running(), ['gauge 1.0.0']);
  t.is(site.asked(gauge), 1);
});

test('a module comes whole from a neighbour where its deployment lets none come whole over a link', async (t) => {
  const site = await withGauge(['anna', 'bella']);
  const [, bella] = site.ships;
  const old = { ...gauge, version: '0.9.0', bytes: moduleBytes('gauge of old', 9_000) };
  site.shore.release(old);
  site.want(bella!, 1, [old]);
  await bella!.run(120);
  site.want(bella!, 2, [gauge], { wholeModules: 'never' });
  await bella!.run(120);
  t.deepEqual(bella!.running(), ['gauge 1.0.0']);
});

test('a neighbour that sends other bytes costs their time alone, is named, and is asked for nothing for a day', async (t) => {
  const site = await withGauge(['bella'], ['mallory']);
  const [bella] = site.ships;
  let asked = 0;
  const lies = liar(horn.bytes.length, async () => {
    asked += 1;
    return answer(200, { 'content-length': String(horn.bytes.length) }, moduleBytes('evil', horn.bytes.length));
  });
  site.join('mallory', lies);
  site.want(bella!, 2, [gauge, horn]);
  await bella!.run(120);
  t.deepEqual(bella!.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  t.is(site.asked(horn), 1);
  t.like(bella!.report.neighbours?.[0], { address: 'mallory:1', device: 'mallory', why: 'wrong-bytes' });
  t.is(asked, 1);
  const bell = { name: 'bell', version: '1.0.0', bytes: moduleBytes('bell', horn.bytes.length) };
  site.shore.release(bell);
  site.want(bella!, 3, [gauge, bell]);
  await bella!.run(120);
  t.deepEqual(bella!.running(), ['bell 1.0.0', 'gauge 1.0.0']);
  t.is(asked, 1, 'it is not asked for the next deployment either');
  await bella!.run(day);
  t.is(bella!.report.neighbours, undefined);
});

const length = horn.bytes.length;
const half = horn.bytes.subarray(0, length / 2);
const zeros = new Uint8Array(1024);

/** What a neighbour may do in place of an answer, what is said of it, and how long it may take. */
const lies: readonly {
  readonly what: string;
  readonly reply: () => HttpResponse | Promise<HttpResponse>;
  readonly why: string | undefined;
  readonly bytesPerSecond?: number;
  readonly secondsMax: number;
}[] = [
  {
    what: 'sends without end',
    reply: () => ({
      status: 200,
      headers: {},
      body: bytesOf({
        *[Symbol.iterator]() {
          for (;;) yield zeros;
        },
      }),
    }),
    why: 'wrong-bytes',
    secondsMax: 20,
  },
  {
    what: 'announces another length',
    reply: () => answer(200, { 'content-length': '9007199254740991' }, zeros),
    why: 'wrong-bytes',
    secondsMax: 20,
  },
  {
    what: 'sends one byte a second',
    reply: () => ({
      status: 200,
      headers: { 'content-length': String(length) },
      body: bytesOf(Array.from(horn.bytes, (byte) => Uint8Array.of(byte))),
    }),
    why: 'too-slow',
    bytesPerSecond: 1,
    secondsMax: 50,
  },
  { what: 'says nothing at all', reply: () => new Promise(() => {}), why: 'too-slow', secondsMax: 30 },
  {
    what: 'ends in the middle',
    reply: () => answer(200, { 'content-length': String(length) }, half),
    why: undefined,
    secondsMax: 20,
  },
  { what: 'is always busy', reply: () => answer(503, {}, new Uint8Array()), why: undefined, secondsMax: 80 },
  {
    what: 'answers with a page',
    reply: () => answer(200, { 'content-type': 'text/html' }, zeros),
    why: 'wrong-bytes',
    secondsMax: 20,
  },
];

for (const { what, reply, why, bytesPerSecond, secondsMax } of lies) {
  test(`a neighbour that ${what} holds up an update for less than ${secondsMax} s, and what came over the link is kept`, async (t) => {
    const site = await withGauge(['bella'], ['mallory']);
    const [bella] = site.ships;
    site.join(
      'mallory',
      liar(length, async () => reply()),
      bytesPerSecond,
    );
    site.want(bella!, 2, [gauge, horn]);
    await bella!.run(secondsMax);
    t.deepEqual(bella!.running(), ['gauge 1.0.0', 'horn 1.0.0']);
    t.is(site.asked(horn), 1, 'once, and from its first byte on');
    t.is(site.shore.requests.filter((one) => one.url === url(horn) && one.headers.range !== undefined).length, 0);
    t.is(bella!.report.neighbours?.[0]?.why, why as never);
  });
}

test('who finds a neighbour busy waits a while for it, and takes from it then', async (t) => {
  const site = await withGauge(['anna', 'bella']);
  const { handler } = site.lan.devices.get('anna:1')!;
  let asked = 0;
  site.join('anna', async (request, peer, signal) => {
    if (request.method === 'GET') asked += 1;
    return request.method === 'GET' && asked < 5 ? answer(503, {}, new Uint8Array()) : handler(request, peer, signal);
  });
  const [, bella] = site.ships;
  site.want(bella!, 1, [gauge]);
  await bella!.run(60);
  t.deepEqual(bella!.running(), ['gauge 1.0.0']);
  t.is(site.asked(gauge), 1);
});

test('a neighbour that does not take the certificate of a device is named, and asked for nothing for a while', async (t) => {
  const site = await withGauge(['bella'], ['anna']);
  const [bella] = site.ships;
  site.join('anna', async () => answer(403, {}, new Uint8Array()));
  site.want(bella!, 2, [gauge, horn]);
  await bella!.run(60);
  t.deepEqual(bella!.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  t.like(bella!.report.neighbours?.[0], { address: 'anna:1', device: 'anna', why: 'untrusted' });
});

test('a device asks itself for nothing, and nobody twice who is not there', async (t) => {
  const site = new Site(['anna'], [gauge, horn], ['nobody']);
  const [anna] = site.ships;
  site.want(anna!, 1, [gauge, horn]);
  await anna!.run(60);
  t.deepEqual(anna!.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  t.is(site.lan.bytes, 0);
});

test('what was begun of a neighbour that went away goes on when it is back, and is not fetched over the link before', async (t) => {
  const site = await withGauge(['anna', 'bella']);
  const [anna, bella] = site.ships;
  const { handler } = site.lan.devices.get('anna:1')!;
  site.join('anna', handler, 8_000);
  site.want(bella!, 1, [gauge]);
  await bella!.run(6);
  const begun = site.lan.bytes;
  t.true(begun > 0 && begun < gauge.bytes.length, `${begun}`);
  bella!.cutPower(() => 0);
  bella!.boot();
  bella!.want(bella!.desired);
  await bella!.run(60);
  t.deepEqual(bella!.running(), ['gauge 1.0.0']);
  t.is(site.asked(gauge), 1);
  t.true(site.lan.bytes < gauge.bytes.length + begun + 64 * 1024, `${site.lan.bytes}`);
  t.deepEqual(anna!.running(), ['gauge 1.0.0']);
});

test('neighbours that break off again and again have a module written eight times at most, whatever lives the agent has meanwhile', async (t) => {
  const site = await withGauge(['bella'], ['mallory', 'max']);
  const [bella] = site.ships;
  let begun = 0;
  const breaksOff = liar(length, async ({ headers }) => {
    if (headers.range === undefined) begun += 1;
    return answer(200, { 'content-length': String(length) }, horn.bytes.subarray(0, -1));
  });
  for (const name of ['mallory', 'max']) site.join(name, breaksOff);
  bella!.link.quality = { ...bella!.link.quality, bytesPerSecond: 1_000 };
  site.want(bella!, 2, [gauge, horn]);
  for (let lives = 0; lives < 10; lives += 1) {
    await bella!.run(4);
    bella!.cutPower(() => 0);
    bella!.boot();
    bella!.want(bella!.desired);
  }
  t.is(begun, 8);
  await bella!.run(60);
  t.deepEqual(bella!.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  t.is(begun, 8);
});
