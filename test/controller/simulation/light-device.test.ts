import test from 'ava';
import { Contacts } from '../../../controller/simulation/contacts.ts';
import { LightDevice, type Offer, type Surroundings } from '../../../controller/simulation/light-device.ts';
import type { Load } from '../../../controller/simulation/light-fetch.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import type { DeployedWindows, Report } from '../../../schemas/generated/types.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const revision = 'a'.repeat(40);

const window = { cron: '0 2 * * *', seconds: 3_600, timeZone: 'UTC' };
const load: Load = { link: 'vsat', bytes: 1_000, ms: 8_000, price: 1 };

function offer(sequence: number, more: Partial<Offer> = {}): Offer {
  const pump = { name: 'pump', version: `1.${sequence}.0`, sha256: '', length: 1, config: {} };
  return { sequence, revision, probationSeconds: 30, applications: [pump], loads: [load], ...more } as Offer;
}

/** A device that runs deployment 1, from midnight on, and what it told by then. */
function aboard(
  contacts: (start: number) => Contacts = (start) => new Contacts({ kind: 'always' }, new SimRandom(1), start),
) {
  const start = Date.parse('2026-03-01T00:00:00Z');
  const time = new SimTime(start);
  const told: (readonly [number, Report])[] = [];
  const loads: Load[] = [];
  let wanted: Offer | undefined;
  const world: Surroundings = {
    ...{
      time,
      contacts: contacts(start),
      wanted: () => wanted,
      hello: () => {},
      onLoad: (one) => void loads.push(one),
    },
    say: (report) => void told.push([time.now - start, report]),
    openingOf: (_windows, now) => {
      const opensAtMs = start + 2 * hourMs;
      return now < opensAtMs ? { kind: 'closed', opensAtMs, window } : { kind: 'open', untilMs: opensAtMs + hourMs };
    },
  };
  const device = new LightDevice(world, { sequence: 1, revision });
  return {
    told,
    loads,
    want: (next: Offer) => {
      wanted = next;
      device.hear();
    },
    pass: (ms: number) => time.runUntil(time.now + ms),
    /** When it told first that it runs it. */
    ranAt: (sequence: number) =>
      told.find(([, { phase, running }]) => phase === 'active' && running?.sequence === sequence)?.[0],
  };
}

/** In contact for the first five seconds, and again after an hour. */
function brokenOff(start: number): Contacts {
  const contacts = new Contacts({ kind: 'always' }, new SimRandom(1), start);
  contacts.at = (now) => {
    if (now < start + 5_000) return { isUp: true, until: start + 5_000 };
    return now < start + hourMs
      ? { isUp: false, until: start + hourMs }
      : { isUp: true, until: Number.POSITIVE_INFINITY };
  };
  return contacts;
}

test('what breaks off goes on from there at the next contact, and is told then', async (t) => {
  const { want, pass, ranAt, loads } = aboard(brokenOff);
  want(offer(2));
  await pass(2 * hourMs);
  // Three seconds of eight are done when the link goes; 10 s to start it, 30 s on probation, 2 s to tell.
  t.is(ranAt(2), hourMs + 5_000 + 42_000);
  t.deepEqual(loads, [load]);
});

test('a deployment with windows is fetched, or activated, when one is open', async (t) => {
  const each: readonly DeployedWindows[] = [{ fetch: [window] }, { activate: [window] }];
  for (const windows of each) {
    const { want, pass, ranAt } = aboard();
    want(offer(2, { windows }));
    await pass(3 * hourMs);
    t.true(ranAt(2)! >= 2 * hourMs + 40_000 && ranAt(2)! <= 2 * hourMs + minuteMs, `${ranAt(2)}`);
  }
});

test('a module waits for the hours of its link, and those behind it with it', async (t) => {
  const { want, pass, ranAt, loads } = aboard();
  want(offer(2, { loads: [load, { ...load, hours: [window] }, load] }));
  await pass(hourMs);
  t.deepEqual(loads, [load]);
  await pass(2 * hourMs);
  // Two modules of eight seconds each.
  t.true(ranAt(2)! >= 2 * hourMs + 56_000 && ranAt(2)! <= 2 * hourMs + minuteMs + 16_000, `${ranAt(2)}`);
});

test('one that fails is given up with the reason that an agent gives, and what ran before runs', async (t) => {
  const { want, pass, told, ranAt } = aboard();
  want(offer(2, { failsAfter: 0.5 }));
  await pass(hourMs);
  const [, last] = told.at(-1)!;
  t.like(last, { phase: 'active', running: { sequence: 1, revision }, highestSequence: 2 });
  t.like(last.problem, { code: 'PROBATION_FAILED', sequence: 2, message: 'pump 1.2.0 failed' });
  t.is(ranAt(2), undefined);
});

test('a newer one takes the place of one that is being fetched', async (t) => {
  const { want, pass, ranAt, loads } = aboard();
  want(offer(2, { loads: [{ ...load, ms: hourMs }] }));
  await pass(minuteMs);
  want(offer(3));
  await pass(2 * hourMs);
  t.is(ranAt(2), undefined);
  t.is(ranAt(3), minuteMs + 52_000);
  t.is(loads.length, 1);
});
