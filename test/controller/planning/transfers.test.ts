import test from 'ava';
import fc from 'fast-check';
import { linkUseText, transferSummary } from '../../../cli/render/transfer-table.ts';
import type { DeviceChange } from '../../../controller/planning/compare.ts';
import { linkPrices } from '../../../controller/planning/link-prices.ts';
import { withSeenRates } from '../../../controller/planning/seen-rates.ts';
import { bitsPerSecond, pricesTogether, transfersOf } from '../../../controller/planning/transfers.ts';
import type { FetchPrice, Site, SiteLink } from '../../../schemas/generated/types.ts';

function change(device: string, site: string, fleet = 'ships'): DeviceChange {
  const nothing = { applications: [], attributes: [], isStripped: false, fetches: [] };
  return { device, site, fleet, kind: 'deploy', cause: 'CHANGED', message: '', ...nothing };
}

function sites(all: Readonly<Record<string, readonly SiteLink[]>>): ReadonlyMap<string, Site> {
  return new Map(
    Object.entries(all).map(([name, links]) => [
      name,
      { apiVersion: 'fleet/v1alpha1', kind: 'Site', metadata: { name }, spec: { links: [...links] } },
    ]),
  );
}

const delta: FetchPrice = { method: 'delta', bytes: 900_000, index: 100_000, length: 9_900_000 };
const vsat: SiteLink = { name: 'vsat', rate: '1Mbit/s', pricePerMB: 2, currency: 'EUR' };
const harbor: SiteLink = { name: 'harbor', rate: '8Mbit/s', carries: ['whole'] };

test('rates are read in their units', (t) => {
  const rates = ['2400bit/s', '2.4kbit/s', '128kbit/s', '1.5Mbit/s', '1Gbit/s'];
  t.deepEqual(rates.map(bitsPerSecond), [2400, 2400, 128_000, 1_500_000, 1_000_000_000]);
});

test('a module goes over each link as that link may carry it, at its price and rate', (t) => {
  const prices = new Map([['bridge', [delta]]]);
  const [transfer] = transfersOf([change('bridge', 'aurora')], prices, sites({ aurora: [vsat, harbor] }));
  t.deepEqual(transfer, {
    ...{ fleet: 'ships', site: 'aurora', devices: 1, bytes: 1_000_000, bytesWhole: 10_000_000 },
    cheapest: { links: ['harbor'], bytes: 10_000_000, seconds: 10, price: 0, currency: 'EUR' },
    dearest: { links: ['vsat'], bytes: 1_000_000, seconds: 8, price: 2, currency: 'EUR' },
  });
});

test('a link that says no rate has the one that its devices saw, the middle one, and without any nobody says how long it takes', (t) => {
  const prices = new Map([['bridge', [delta]]]);
  const { rate: _unsaid, ...unrated } = vsat;
  const all = sites({ aurora: [unrated, { ...harbor, carries: ['control'] }], oslo: [vsat] });
  const seen = (site: string, bitsPerSecond?: number) => ({
    site,
    report: { links: [{ name: 'vsat', bytes: 1, ...(bitsPerSecond === undefined ? {} : { bitsPerSecond }) }] },
  });
  const planned = (...devices: ReturnType<typeof seen>[]) =>
    transfersOf([change('bridge', 'aurora')], prices, withSeenRates(all, devices));
  const told = planned(
    seen('aurora', 4_000_000),
    seen('oslo', 1),
    seen('aurora'),
    seen('aurora', 2e6),
    seen('aurora', 9e9),
  );
  t.is(told[0]?.cheapest.seconds, 2);
  const liar = {
    site: 'aurora',
    report: { links: Array.from({ length: 32 }, () => seen('aurora', 1).report.links[0]!) },
  };
  const outvoted = planned(liar, seen('aurora', 4_000_000), seen('aurora', 4_000_000));
  t.is(outvoted[0]?.cheapest.seconds, 2, 'a device that names a link often has one voice');
  const untold = planned(seen('oslo', 4_000_000));
  t.deepEqual(untold[0]?.cheapest, { links: ['vsat'], bytes: 1_000_000, price: 2, currency: 'EUR' });
  t.is(linkUseText(untold[0]!.cheapest), '2.00 EUR, for a time that nobody knows yet over vsat');
  t.regex(
    transferSummary(untold),
    / How long at 1 more site nobody knows yet: a link says no rate, and no device has seen it\.\n$/,
  );
  const both = sites({ aurora: [unrated, { ...vsat, name: 'lte' }] });
  const [between] = transfersOf([change('bridge', 'aurora')], prices, both);
  t.deepEqual(
    [between?.cheapest.links, between?.dearest.links],
    [['lte'], ['vsat']],
    'of two that cost the same, what is known first',
  );
});

test('a module that no link of its site may carry is counted, and costs nothing', (t) => {
  const whole: FetchPrice = { method: 'brotli', bytes: 10, index: 5, length: 40 };
  const links = sites({ aurora: [{ ...vsat, carries: ['delta'] }] });
  const [transfer] = transfersOf([change('bridge', 'aurora')], new Map([['bridge', [whole, delta]]]), links);
  t.is(transfer?.uncarriedBytes, 40);
  t.deepEqual(transfer?.cheapest, { links: ['vsat'], bytes: 1_000_000, seconds: 8, price: 2, currency: 'EUR' });
});

test('transfers are those of fleets at sites that tell of links, and each currency has its total', (t) => {
  const nok: SiteLink = { name: 'lte', rate: '8Mbit/s', pricePerMB: 10, currency: 'NOK' };
  const devices = [
    ...[change('cab', 'oslo', 'trucks'), change('bridge', 'aurora'), change('engine', 'aurora')],
    ...[change('quiet', 'depot'), change('idle', 'aurora', 'barges')],
  ];
  const prices = new Map(['cab', 'bridge', 'engine', 'quiet'].map((name) => [name, [delta]]));
  const transfers = transfersOf(devices, prices, sites({ oslo: [nok], aurora: [vsat] }));
  t.deepEqual(
    transfers.map(({ fleet, site, devices, bytes }) => [fleet, site, devices, bytes]),
    [
      ['ships', 'aurora', 2, 2_000_000],
      ['trucks', 'oslo', 1, 1_000_000],
    ],
  );
  t.deepEqual(pricesTogether(transfers), [
    { currency: 'EUR', cheapest: 4, dearest: 4 },
    { currency: 'NOK', cheapest: 10, dearest: 10 },
  ]);
});

const anyLink = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  rate: fc.constantFrom('2400bit/s', '128kbit/s', '20Mbit/s'),
  pricePerMB: fc.integer({ min: 1, max: 100 }),
  currency: fc.constant('EUR'),
  carries: fc.constantFrom<NonNullable<SiteLink['carries']>>(['delta'], ['whole'], ['delta', 'whole']),
});
const anyFetch = fc.record({
  method: fc.constantFrom<FetchPrice['method']>('whole', 'brotli', 'delta'),
  bytes: fc.nat(1000),
  index: fc.nat(100),
  length: fc.integer({ min: 1000, max: 5000 }),
});

test('another link never makes the cheapest dearer nor the dearest cheaper, where all could travel before', (t) => {
  const transfer = (links: SiteLink[], fetches: FetchPrice[]) =>
    transfersOf([change('bridge', 'aurora')], new Map([['bridge', fetches]]), sites({ aurora: links }))[0]!;
  fc.assert(
    fc.property(
      fc.array(anyLink, { minLength: 1, maxLength: 4 }),
      anyLink,
      fc.array(anyFetch, { minLength: 1 }),
      (links, more, fetches) => {
        const [before, after] = [transfer(links, fetches), transfer([...links, more], fetches)];
        t.true(before.cheapest.price <= before.dearest.price);
        if (before.uncarriedBytes !== undefined) return;
        t.true(after.cheapest.price <= before.cheapest.price && after.dearest.price >= before.dearest.price);
      },
    ),
  );
});

test('what a device counted costs what its site says now, and nothing on a link without a price or of another site', (t) => {
  const place = sites({ aurora: [vsat, harbor] }).get('aurora');
  const counted = ['vsat', 'harbor', 'gone'].map((name) => ({ name, bytes: 1_500_000 }));
  t.deepEqual(linkPrices(counted, place), [{ name: 'vsat', price: 3, currency: 'EUR' }]);
  t.deepEqual(linkPrices(counted, undefined), []);
});

test('a link tells how many of its budgets the device needs that needs most, of what may go over it', (t) => {
  const budget = { bytes: '1MB', per: 'month' as const };
  const place = {
    aurora: [
      { ...vsat, budget },
      { ...harbor, budget },
      { ...vsat, name: 'cable' },
    ],
  };
  const small = { ...delta, bytes: 400_000 };
  const prices = new Map([
    ['a', [delta, delta, small]],
    ['b', [small, small]],
  ]);
  const [transfer] = transfersOf([change('a', 'aurora'), change('b', 'aurora')], prices, sites(place));
  t.deepEqual(transfer?.overBudgets, [
    { link: 'vsat', devices: 1, budgets: 3, per: 'month' },
    { link: 'harbor', devices: 2, budgets: 30, per: 'month' },
  ]);
  const [within] = transfersOf([change('b', 'aurora')], prices, sites({ aurora: [{ ...vsat, budget }] }));
  t.is(within?.overBudgets, undefined);
});

test('a plan says over which links devices wait for further budgets, the slowest first', (t) => {
  const use = { links: ['vsat'], bytes: 1, seconds: 1, price: 0 };
  const transfer = { fleet: 'ships', site: 'aurora', devices: 3, bytes: 1, bytesWhole: 1, cheapest: use, dearest: use };
  const over = [
    { link: 'lte', devices: 1, budgets: 9, per: 'day' as const },
    { link: 'vsat', devices: 3, budgets: 2, per: 'month' as const },
  ];
  t.regex(
    transferSummary([{ ...transfer, overBudgets: over }]),
    / Over vsat of aurora 3 devices need the budgets of 2 months at most\. Over lte of aurora 1 device needs the budgets of 9 days\.\n$/,
  );
});
