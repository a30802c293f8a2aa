import test from 'ava';
import fc from 'fast-check';
import { begunMemory } from '../../../controller/simulation/begun-device.ts';
import { conditionsOf } from '../../../controller/simulation/conditions.ts';
import { Contacts } from '../../../controller/simulation/contacts.ts';
import {
  LightDevice,
  type Offer,
  type Surroundings,
  settledMemory,
  slotOf,
} from '../../../controller/simulation/light-device.ts';
import type { Load } from '../../../controller/simulation/light-fetch.ts';
import { LightLinks, type LinkUsed } from '../../../controller/simulation/light-links.ts';
import { type Wait, waitName } from '../../../controller/simulation/waits.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { SimRandom } from '../../../platform/simulated/random.ts';
import type { DeployedWindows, DeploymentReference, Report } from '../../../schemas/generated/types.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const revision = 'a'.repeat(40);

const window = { cron: '0 2 * * *', seconds: 3_600, timeZone: 'UTC' };
const start = Date.parse('2026-03-01T00:00:00Z');

const load: Load = { link: 'vsat', bytes: 1_000, ms: 8_000, price: 1 };

function offer(sequence: number, more: Partial<Offer> = {}): Offer {
  const pump = { name: 'pump', version: `1.${sequence}.0`, sha256: '', length: 1, config: {} };
  return { sequence, revision, probationSeconds: 30, applications: [pump], loads: [load], ...more } as Offer;
}

interface Aboard {
  readonly used?: readonly LinkUsed[];
  readonly whenTrueShare?: number;
  /** What it said last, and that so long after midnight it goes on from there. */
  readonly said?: Report;
  readonly laterMs?: number;
}

/** A device that runs deployment 1, from midnight on, and what it told by then. */
function aboard(
  contacts: (start: number) => Contacts = (start) => new Contacts({ kind: 'always' }, new SimRandom(1), start),
  { used = [], whenTrueShare = 1, said, laterMs = 0 }: Aboard = {},
) {
  const time = new SimTime(start + laterMs);
  const told: (readonly [number, Report])[] = [];
  const loads: Load[] = [];
  const waits: (readonly [number, string])[] = [];
  let wanted: Offer | undefined;
  const world: Surroundings = {
    ...{
      time,
      contacts: contacts(start),
      links: new LightLinks(used),
      conditions: conditionsOf(whenTrueShare, new SimRandom(1), start),
      consentAfterMs: hourMs,
      onWait: (wait: Wait | undefined) => {
        const name = wait === undefined ? '' : waitName(wait);
        if (name !== (waits.at(-1)?.[1] ?? '')) waits.push([time.now - start, name]);
      },
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
  const slot = (reference: DeploymentReference) => slotOf({ ...offer(reference.sequence), ...wanted, ...reference });
  const memory = () => (said ? begunMemory(said, slot) : settledMemory({ sequence: 1, revision }, start));
  let device = new LightDevice(world, memory());
  return {
    /** It is on its way to this. */
    goOn: (next: Offer) => {
      wanted = next;
      device = new LightDevice(world, memory());
      device.goOn(next);
    },
    told,
    loads,
    waits,
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

test('one that needs consent is activated when it is given, and in a window when one is open then', async (t) => {
  const { want, pass, ranAt, waits } = aboard();
  want(offer(2, { consent: 'required' }));
  await pass(90 * minuteMs);
  // Staged after ten seconds.
  t.is(ranAt(2), hourMs + 52_000);
  want(offer(3, { consent: 'required', windows: { activate: [window] } }));
  await pass(90 * minuteMs);
  // The window opens half an hour before the yes.
  t.is(ranAt(3), 150 * minuteMs + 52_000);
  t.deepEqual(
    waits.map(([, name]) => name),
    ['CONSENT_NEEDED ', '', 'CONSENT_NEEDED ', ''],
  );
});

test('one with a condition waits until it is true, and where it never is it waits for ever', async (t) => {
  const when = { activate: 'facts.in_port', facts: {} };
  const [sometimes, never] = [0.5, 0].map((whenTrueShare) => aboard(undefined, { whenTrueShare }));
  for (const { want, pass } of [sometimes!, never!]) {
    want(offer(2, { when }));
    await pass(20 * dayMs);
  }
  const first = conditionsOf(0.5, new SimRandom(1), start)(start + 10_000);
  t.is(sometimes!.ranAt(2), Math.ceil(first.isUp ? 10_000 : first.until - start) + 42_000);
  t.is(never!.ranAt(2), undefined);
  t.deepEqual(never!.waits, [[10_000, 'WHEN ']]);
});

test('conditions are true for about the share of the time that is assumed', (t) => {
  const conditions = conditionsOf(0.3, new SimRandom(5), 0);
  const hours = Array.from({ length: 24 * 1_000 }, (_, at) => conditions(at * hourMs).isUp);
  const share = hours.filter(Boolean).length / hours.length;
  t.true(share > 0.25 && share < 0.35, `${share}`);
});

const dayMs = 24 * hourMs;

/** As an agent has it: a budget's last 16 kB are for what controls the device, and IP takes 7 % of a stream. */
const roomOf = (budget: number): number => Math.floor((budget - 16_384) * 0.93);

test('a module takes what is left of the budget of its link, and the rest when the next day has one, told meanwhile as LINK_BUDGET', async (t) => {
  const budget = { bytes: 200_000, per: 'day' } as const;
  const { want, pass, ranAt, waits } = aboard();
  // One byte a millisecond; it takes two days and a quarter of the third.
  want(offer(2, { loads: [{ ...load, budget, bytes: roomOf(200_000) * 2.25, ms: roomOf(200_000) * 2.25 }] }));
  await pass(3 * dayMs);
  const [first, second] = [2_000 + roomOf(200_000), dayMs + roomOf(200_000)];
  t.deepEqual(waits, [
    [first, 'LINK_BUDGET vsat'],
    [dayMs, ''],
    [second, 'LINK_BUDGET vsat'],
    [2 * dayMs, ''],
  ]);
  t.is(ranAt(2), 2 * dayMs + Math.ceil(roomOf(200_000) * 0.25) + 42_000);
});

test('what a device told that it took of this month counts, and what it took of an earlier one does not', async (t) => {
  const budget = { bytes: 1_000_000, per: 'month' } as const;
  const want2 = offer(2, { loads: [{ ...load, budget }] });
  const spent = { link: 'vsat', bytes: 1_000_000 };
  const [now, before] = [start, start - dayMs].map((atMs) => aboard(undefined, { used: [{ ...spent, atMs }] }));
  for (const { want, pass } of [now!, before!]) {
    want(want2);
    await pass(32 * dayMs);
  }
  t.is(now!.ranAt(2), 31 * dayMs + 50_000);
  t.is(before!.ranAt(2), 52_000);
});

test('whatever modules and budgets are, no day brings more than its budget has room for, and all arrives', async (t) => {
  const sizes = fc.array(fc.integer({ min: 1, max: 400_000 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      sizes,
      fc.integer({ min: 100_000, max: 300_000 }),
      fc.integer({ min: 1, max: 5 }),
      async (all, bytes, rate) => {
        const { want, pass, loads } = aboard();
        const budget = { bytes, per: 'day' } as const;
        want(offer(2, { loads: all.map((size) => ({ ...load, budget, bytes: size, ms: size / rate })) }));
        for (let day = 1; day <= 20; day += 1) {
          await pass(dayMs);
          const came = loads.reduce((sum, one) => sum + one.bytes, 0);
          t.true(came <= day * roomOf(bytes) + 1, `${came} by day ${day}`);
        }
        t.is(loads.length, all.length);
      },
    ),
    { numRuns: 30 },
  );
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

test('from whatever a device said last it goes on to the end that it would have come to, but for what it begins anew', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.record<Partial<Offer>>(
        {
          windows: fc.constant({ activate: [window] }),
          consent: fc.constant('required' as const),
          failsAfter: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
          probationSeconds: fc.integer({ min: 60, max: 3_600 }),
        },
        { requiredKeys: ['probationSeconds'] },
      ),
      fc.nat(),
      fc.integer({ min: 0, max: 50_000 }),
      async (more, nth, afterMs) => {
        const next = offer(2, more);
        const whole = aboard();
        whole.want(next);
        await whole.pass(6 * hourMs);
        const endOf = (told: (typeof whole)['told']) =>
          told.find(([, { phase, highestSequence }]) => phase === 'active' && highestSequence === 2);
        const end = endOf(whole.told)!;
        const before = whole.told.filter(([at]) => at < end[0]);
        const [at, said] = before[nth % before.length]!;
        const nextAt = whole.told.find(([other]) => other > at)![0];
        const laterMs = Math.min(at + afterMs, nextAt - 1);
        const again = aboard(undefined, { said, laterMs });
        again.goOn(next);
        await again.pass(6 * hourMs);
        const [ends, { running, problem }] = endOf(again.told)!;
        t.is(running?.sequence, end[1].running?.sequence);
        t.is(problem?.code, end[1].problem?.code);
        // What it fetches, 8 s, what it starts, 10 s, and how soon it is heard of, 2 s, begin anew; so does who is asked, for an hour.
        const anewMs = 20_000 + (more.consent === undefined ? 0 : hourMs);
        t.true(Math.abs(ends - end[0]) <= anewMs, `${said.phase}: ${ends - end[0]} ms apart`);
        if (said.phase === 'probation') t.true(Math.abs(ends - end[0]) <= 2_000, `${ends - end[0]} ms apart`);
      },
    ),
    { numRuns: 40 },
  );
});
