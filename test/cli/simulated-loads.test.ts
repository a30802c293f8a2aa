import test from 'ava';
import { loadOf, type Roads } from '../../cli/simulated-loads.ts';
import type { FetchPrice, SiteLink } from '../../schemas/generated/types.ts';

const delta: FetchPrice = { method: 'delta', bytes: 900, index: 100, length: 50_000 };
const whole: FetchPrice = { method: 'brotli', bytes: 20_000, index: 100, length: 50_000 };

const vsat: SiteLink = { name: 'vsat', rate: '8kbit/s', pricePerMB: 4, currency: 'EUR' };
const port: SiteLink = { name: 'port', rate: '8Mbit/s' };

function over(more: Partial<Roads> = {}): Roads {
  return { links: [vsat, port], over: 'cheapest', mayGoWhole: true, ...more };
}

test('a module takes the cheapest link of its site, or the dearest, at its rate and price', (t) => {
  t.deepEqual(loadOf(delta, over()), { link: 'port', bytes: 1_000, ms: 1, price: 0, currency: 'EUR' });
  t.deepEqual(loadOf(delta, over({ over: 'dearest' })), {
    link: 'vsat',
    bytes: 1_000,
    ms: 1_000,
    price: 0.004,
    currency: 'EUR',
  });
});

test('where a site tells of no link it takes one of 1 Mbit/s', (t) => {
  t.deepEqual(loadOf(delta, over({ links: undefined })), { bytes: 1_000, ms: 8, price: 0 });
});

test('what no link may carry, or its fleet does not let travel whole, never comes', (t) => {
  const never = { ms: Number.POSITIVE_INFINITY, price: 0 };
  t.like(loadOf(delta, over({ links: [{ ...vsat, carries: ['control'] }] })), never);
  t.like(loadOf(whole, over({ mayGoWhole: false })), never);
  t.is(loadOf(delta, over({ mayGoWhole: false })).link, 'port');
});

test('a module keeps to the budget of the link that it takes, as it is billed', (t) => {
  const links: readonly SiteLink[] = [{ ...vsat, budget: { bytes: '2MB', per: 'month' } }, port];
  t.deepEqual(loadOf(delta, over({ links, over: 'dearest' })).budget, { bytes: 2_000_000, per: 'month' });
  t.is(loadOf(delta, over({ links })).budget, undefined);
});

test('a module keeps to the hours of the link that it takes', (t) => {
  const hours = { cron: '0 2 * * *', duration: '3h' };
  const links = [{ ...vsat, fetch: [hours] }, port];
  t.deepEqual(loadOf(delta, over({ links, over: 'dearest' })).hours, [
    { cron: '0 2 * * *', seconds: 10_800, timeZone: 'UTC' },
  ]);
  t.is(loadOf(delta, over({ links })).hours, undefined);
});
