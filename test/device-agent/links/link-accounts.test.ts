import test from 'ava';
import fc from 'fast-check';
import { LinkAccounts } from '../../../device-agent/links/link-accounts.ts';
import { closedTo, linkOn } from '../../../device-agent/links/link-terms.ts';
import { usualRate, withFlow } from '../../../device-agent/links/observed-rate.ts';
import { periodAt, periodStart } from '../../../device-agent/links/period.ts';
import { Ledger } from '../../../device-agent/update/ledger.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import type { DeployedLink } from '../../../schemas/generated/types.ts';
import { SimDisk } from '../../sim/sim-disk.ts';

const dayMs = 86_400_000;
const startMs = Date.parse('2026-11-30T12:00:00Z');
const budget = 1_000_000;

const vsat: DeployedLink = { name: 'vsat', interface: 'sat*', budget: { bytes: budget, per: 'day' } };
const port: DeployedLink = { name: 'port', interface: 'wlan0' };

/** A device with these links, whose clock and power are in the test's hands. */
class Boat {
  readonly disk = new SimDisk();
  readonly time = new SimTime(startMs);
  nowMs = startMs;
  wayOut = 'sat0';
  spent = 0;
  ledger!: Ledger;
  accounts!: LinkAccounts;
  readonly links: readonly DeployedLink[];

  constructor(links: readonly DeployedLink[]) {
    this.links = links;
    this.disk.makeDirectory('/state');
    this.disk.syncDirectory('/');
    this.boot();
  }

  boot(): void {
    this.ledger = new Ledger(this.disk, '/state');
    this.accounts = new LinkAccounts({
      ...{ clock: this.time.clock({ alive: true }), counts: this.ledger, wayOut: () => this.wayOut },
      interfaces: () => [],
      isThere: () => 'yes',
      times: () => ({ nowMs: Math.max(this.nowMs, this.ledger.timeFloorMs), provedMs: this.ledger.timeFloorMs }),
      onSpent: () => {
        this.spent += 1;
      },
    });
    this.accounts.setTerms(this.links);
  }

  cutPower(): void {
    this.disk.crash(() => 0);
    this.disk.restart();
    this.boot();
  }

  left(name = 'vsat'): number | undefined {
    return this.accounts.allowances().find((one) => one.name === name)?.left;
  }
}

test('what goes over an interface is counted for the link that it is, and nothing else', (t) => {
  const boat = new Boat([vsat, port]);
  boat.accounts.count(1000, 'sat1');
  boat.accounts.count(500);
  boat.accounts.count(7, 'eth0');
  t.is(boat.left(), budget - 1500);
  t.is(boat.left('port'), undefined);
  t.is(linkOn(boat.links, 'wlan1'), undefined);
});

test('a link whose budget is used up carries no modules, says so once, and may be taken again on the next day by UTC', (t) => {
  const boat = new Boat([vsat]);
  boat.accounts.count(budget - 20_000);
  t.is(closedTo(boat.accounts.wayOut()!), undefined);
  boat.accounts.count(10_000);
  boat.accounts.count(10_000);
  t.is(boat.spent, 1);
  t.deepEqual(closedTo(boat.accounts.wayOut()!), {
    code: 'LINK_BUDGET',
    message: 'link vsat has used its 1 MB a day, and has as much again from 2026-12-01T00:00Z on',
  });
  boat.nowMs = Date.parse('2026-12-01T00:00:00Z');
  t.is(closedTo(boat.accounts.wayOut()!), undefined);
  t.is(boat.left(), budget);
});

test('a clock that is set back gives no budget anew', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 300_000 }))), (moves) => {
      const boat = new Boat([{ ...vsat, budget: { bytes: budget, per: 'day' } }]);
      let taken = 1;
      boat.accounts.count(taken);
      for (const [back, bytes] of moves) {
        boat.nowMs = startMs - back * dayMs;
        boat.accounts.count(bytes);
        taken += bytes;
      }
      boat.nowMs = startMs;
      t.is(boat.left(), Math.max(0, budget - taken));
    }),
  );
});

test('a clock that stood years ahead keeps no device from its budget for years: what is signed says that a day is over', (t) => {
  const boat = new Boat([vsat]);
  boat.ledger.raiseTimeFloor(startMs);
  boat.nowMs = startMs + 1000 * dayMs;
  boat.accounts.count(budget);
  boat.nowMs = startMs;
  t.is(boat.left(), 0, 'not on the same day');
  boat.nowMs = startMs + dayMs;
  t.is(boat.left(), 0, 'nor by its own clock alone');
  boat.ledger.raiseTimeFloor(startMs + dayMs);
  t.is(boat.left(), budget);
});

test('days and months begin where UTC has them begin', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Date.parse('2200-01-01T00:00:00Z') }), (ms) => {
      for (const per of ['day', 'month'] as const) {
        const number = periodAt(per, ms);
        const [start, end] = [periodStart(per, number), periodStart(per, number + 1)];
        t.true(start <= ms && ms < end);
        t.is(periodAt(per, start - 1), number - 1);
      }
      const text = new Date(periodStart('month', periodAt('month', ms))).toISOString();
      t.is(text, `${new Date(ms).toISOString().slice(0, 7)}-01T00:00:00.000Z`);
    }),
  );
});

test('whenever the power goes, no more than 64 KiB of what was counted is forgotten', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 30 }), (pieces) => {
      const boat = new Boat([{ ...vsat, budget: { bytes: 100 * budget, per: 'month' } }]);
      let taken = 0;
      for (const bytes of pieces) {
        boat.accounts.count(bytes);
        taken += bytes;
      }
      boat.cutPower();
      const known = 100 * budget - boat.left()!;
      t.true(known <= taken && taken - known < 64 * 1024, `${known} of ${taken}`);
    }),
  );
});

test('what a short life took is written down within seconds, and what an idle one says is not written byte by byte', async (t) => {
  const boat = new Boat([vsat]);
  boat.accounts.count(8_000);
  await boat.time.runUntil(boat.time.now + 10_000);
  boat.accounts.count(3_000);
  await boat.time.runUntil(boat.time.now + 60_000);
  boat.cutPower();
  t.is(boat.left(), budget - 8_000);
});

test('a disk that takes nothing is asked every ten seconds, not for every packet, and has all that was counted once it takes it', async (t) => {
  const time = new SimTime(startMs);
  let [tries, isFull, kept] = [0, true, 0];
  const accounts = new LinkAccounts({
    ...{ clock: time.clock({ alive: true }), wayOut: () => 'wlan0', isThere: () => 'yes', onSpent: () => {} },
    interfaces: () => [],
    times: () => ({ nowMs: startMs, provedMs: startMs }),
    counts: {
      linkCounts: {},
      keepLinkCounts: (counts) => {
        tries += 1;
        if (!isFull) kept = counts.port?.bytes ?? 0;
        return !isFull;
      },
    },
  });
  accounts.setTerms([port]);
  for (let second = 1; second <= 60; second += 1) {
    for (let packet = 0; packet < 100; packet += 1) accounts.count(1_500);
    await time.runUntil(startMs + second * 1_000);
  }
  t.true(tries >= 5 && tries <= 8, `${tries} tries in a minute`);
  isFull = false;
  await time.runUntil(startMs + 75_000);
  t.is(kept, 60 * 100 * 1_500);
});

test('how fast a link is no single download decides, and what is over in a moment says nothing of it', (t) => {
  const flow = fc.record({
    bytes: fc.integer({ min: 16_384, max: 10_000_000 }),
    ms: fc.integer({ min: 1_000, max: 600_000 }),
  });
  fc.assert(
    fc.property(
      fc.array(flow, { minLength: 1, maxLength: 12 }),
      fc.array(fc.nat(16_383), { maxLength: 3 }),
      (flows, small) => {
        const all = [...flows, ...small.map((bytes) => ({ bytes, ms: 60_000 })), { bytes: 10_000_000, ms: 999 }];
        const rates = all.reduce<readonly number[]>(withFlow, []);
        t.deepEqual(
          rates,
          flows.slice(-5).map(({ bytes, ms }) => Math.round((bytes * 8_000) / ms)),
        );
        const usual = usualRate(rates)!;
        t.true(rates.filter((rate) => rate <= usual).length * 2 >= rates.length);
        t.true(rates.filter((rate) => rate >= usual).length * 2 >= rates.length);
      },
    ),
  );
  t.is(usualRate([]), undefined);
});

test('when and how fast modules came over a link is told of that link, and outlives a power cut without a write of its own', (t) => {
  const boat = new Boat([vsat, port]);
  boat.accounts.count(70_000, 'sat0');
  boat.accounts.modulesCame({ bytes: 16_000 * 4, ms: 4_000 }, 'sat0');
  boat.accounts.modulesCame({ bytes: 100, ms: 5 }, 'wlan0');
  const told = boat.accounts.report()!.map(({ modulesAt, bitsPerSecond }) => ({ modulesAt, bitsPerSecond }));
  const modulesAt = new Date(startMs).toISOString();
  t.deepEqual(told, [
    { modulesAt, bitsPerSecond: 128_000 },
    { modulesAt, bitsPerSecond: undefined },
  ]);
  boat.cutPower();
  t.is(boat.accounts.report()![0]!.modulesAt, undefined, 'nothing was written for it');
  boat.accounts.modulesCame({ bytes: 16_000 * 4, ms: 4_000 }, 'sat0');
  boat.accounts.count(70_000, 'sat0');
  boat.cutPower();
  t.like(boat.accounts.report()![0]!, { modulesAt, bitsPerSecond: 128_000 });
});
