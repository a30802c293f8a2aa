/** Of several devices that want the same, one fetches. */
import test from 'ava';
import fc from 'fast-check';
import { wantText } from '../../../device-agent/neighbours/wants.ts';
import { type Wanter, waitsFor } from '../../../device-agent/neighbours/who-fetches.ts';
import type { HttpHandler } from '../../../platform/ports.ts';
import { answer, moduleBytes } from '../shore.ts';
import { Site } from './site.ts';

const horn = { name: 'horn', version: '1.0.0', bytes: moduleBytes('horn', 30_000) };
const gauge = { name: 'gauge', version: '1.0.0', bytes: moduleBytes('gauge', 300_000) };

/** All want the gauge at once, over links that take most of a minute for it. */
function atOnce(names: readonly string[], others: readonly string[] = []): Site {
  const site = new Site(names, [gauge], others);
  for (const ship of site.ships) {
    ship.link.quality = { ...ship.link.quality, latencyMs: 300, bytesPerSecond: 2_000 };
    site.want(ship, 1, [gauge]);
  }
  return site;
}

test('of three devices that want a module at the same time one fetches it, and the others say for whom they wait', async (t) => {
  const site = atOnce(['anna', 'bella', 'carl']);
  const [anna] = site.ships;
  await anna!.run(25);
  const awaited = site.ships.map(({ report }) => report.progress?.neighbour);
  t.is(new Set(awaited).size, 2, `${awaited}`);
  await anna!.run(120);
  t.deepEqual(
    site.ships.map((ship) => ship.running()),
    [['gauge 1.0.0'], ['gauge 1.0.0'], ['gauge 1.0.0']],
  );
  t.is(site.asked(gauge), 1);
  t.is(site.lan.bytes, 2 * gauge.bytes.length);
});

test('when the one that fetches loses its power, another one goes on, and it takes from that one when it is back', async (t) => {
  const site = atOnce(['anna', 'bella', 'carl']);
  await site.ships[0]!.run(25);
  const holder = site.ships.find(({ report }) => report.progress?.neighbour === undefined)!;
  const address = `${holder.device}:1`;
  const place = site.lan.devices.get(address)!;
  site.lan.devices.delete(address);
  holder.cutPower(() => 0);
  await site.ships[0]!.run(150);
  const others = site.ships.filter((ship) => ship !== holder);
  t.deepEqual(
    others.map((ship) => ship.running()),
    [['gauge 1.0.0'], ['gauge 1.0.0']],
  );
  t.is(site.asked(gauge), 2, 'what was begun, and one more');
  site.lan.devices.set(address, place);
  holder.boot();
  holder.want(holder.desired);
  await holder.run(60);
  t.deepEqual(holder.running(), ['gauge 1.0.0']);
  t.is(site.asked(gauge), 2);
});

test('when the one that fetches loses its link, another one fetches', async (t) => {
  const site = atOnce(['anna', 'bella']);
  await site.ships[0]!.run(25);
  const holder = site.ships.find(({ report }) => report.progress?.neighbour === undefined)!;
  const other = site.ships.find((ship) => ship !== holder)!;
  holder.link.set(false);
  await other.run(180);
  t.deepEqual(other.running(), ['gauge 1.0.0']);
});

function boaster(text: () => string): HttpHandler {
  return async () => answer(404, { 'x-fleet-wants': text() }, new Uint8Array());
}

let begun = 0;

const boasts: readonly { readonly what: string; readonly text: () => string; readonly secondsMax: number }[] = [
  { what: 'gets no further', text: () => wantText({ sha256: '', done: 9, isFetching: true }), secondsMax: 160 },
  { what: 'never begins', text: () => wantText({ sha256: '', done: 1e9, isFetching: false }), secondsMax: 110 },
  {
    what: 'begins again and again',
    text: () => wantText({ sha256: '', done: 9, isFetching: begun++ % 2 === 0 }),
    secondsMax: 160,
  },
  { what: 'says no number', text: () => 'fetching all', secondsMax: 90 },
];

for (const { what, text, secondsMax } of boasts) {
  test(`a neighbour that says it fetches and ${what} is waited for less than ${secondsMax} s, the fetch included`, async (t) => {
    const site = atOnce(['anna'], ['mallory']);
    site.join('mallory', boaster(text));
    await site.ships[0]!.run(secondsMax);
    t.deepEqual(site.ships[0]!.running(), ['gauge 1.0.0']);
  });
}

test('one that gets further and further and never there is waited for ten minutes, and no more than that for one module', async (t) => {
  const site = atOnce(['anna'], ['mallory']);
  let done = 0;
  site.join(
    'mallory',
    boaster(() => wantText({ sha256: '', done: done++, isFetching: true })),
  );
  const [anna] = site.ships;
  await anna!.run(640);
  t.deepEqual(anna!.running(), []);
  await anna!.run(120);
  t.deepEqual(anna!.running(), ['gauge 1.0.0']);
});

test('who has power for half a minute at a time is held up by one that gets further and further no longer than who always has it', async (t) => {
  const site = atOnce(['anna'], ['mallory']);
  let done = 0;
  site.join(
    'mallory',
    boaster(() => wantText({ sha256: '', done: done++, isFetching: true })),
  );
  const [anna] = site.ships;
  let lives = 0;
  for (; anna!.running().length === 0 && lives < 60; lives += 1) {
    await anna!.run(30);
    anna!.cutPower(() => 0);
    anna!.boot();
    anna!.want(anna!.desired);
  }
  t.true(lives > 5 && lives < 30, `${lives}`);
});

test('for all modules of a deployment together it waits for little longer than for one of them', async (t) => {
  const site = new Site(['anna'], [gauge, horn], ['mallory']);
  const [anna] = site.ships;
  site.want(anna!, 1, [gauge, horn]);
  let done = 0;
  site.join(
    'mallory',
    boaster(() => wantText({ sha256: '', done: done++, isFetching: true })),
  );
  await anna!.run(760);
  t.deepEqual(anna!.running(), ['gauge 1.0.0', 'horn 1.0.0']);
});

test('one that breaks off again and again, attempt after attempt, is asked for nothing when it held its deployment up for as long as may be', async (t) => {
  const site = atOnce(['anna'], ['mallory']);
  for (const file of site.filesOf(gauge)) delete site.shore.files[file];
  const [anna] = site.ships;
  const clock = anna!.time.clock({ alive: true });
  let given = 0;
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    given += 1;
    for (let at = 0; at < 5; at++) {
      yield gauge.bytes.subarray(at, at + 1);
      await clock.sleep(9_000);
    }
  };
  const headers = { 'content-length': String(gauge.bytes.length) };
  site.join('mallory', async ({ method }) =>
    method === 'HEAD' ? answer(200, headers, new Uint8Array()) : { status: 200, headers, body: pieces() },
  );
  await anna!.run(24 * 3600);
  t.is(given, 15, 'of 45 s each');
});

test('two neighbours that lie together, each as slowly as may be, hold a module up no longer, and what they break off is asked for once', async (t) => {
  const site = atOnce(['anna'], ['mallory', 'max']);
  const [anna] = site.ships;
  const clock = anna!.time.clock({ alive: true });
  let [done, given] = [0, 0];
  site.join('mallory', async () => {
    await clock.sleep(2_900);
    return answer(404, { 'x-fleet-wants': wantText({ sha256: '', done: done++, isFetching: true }) }, new Uint8Array());
  });
  const headers = { 'content-length': String(gauge.bytes.length) };
  site.join('max', async ({ method }) => {
    if (method === 'GET') given += 1;
    return answer(200, headers, gauge.bytes.subarray(0, method === 'GET' ? 200_000 : 0));
  });
  await anna!.run(900);
  t.deepEqual(anna!.running(), ['gauge 1.0.0']);
  t.is(given, 1);
});

const sha256 = 'ab'.repeat(32);

test('of devices that hear all of each other exactly one that wants a module fetches it, unless one does already', (t) => {
  const device = fc.record({ done: fc.nat(3), isFetching: fc.boolean() });
  fc.assert(
    fc.property(fc.array(device, { minLength: 1, maxLength: 6 }), (states) => {
      const all: readonly Wanter[] = states.map((state, at) => ({ device: `d${at}`, ...state }));
      const idle = all.filter(({ isFetching }) => !isFetching);
      const going = idle.filter((one) => {
        const others = all.filter((other) => other !== one);
        return waitsFor(one.device, one.done, others, sha256) === undefined;
      });
      t.is(going.length, idle.length === all.length ? 1 : 0);
    }),
  );
});
