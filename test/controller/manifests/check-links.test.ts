import test from 'ava';
import fc from 'fast-check';
import { checkDocument } from '../../../controller/manifests/document-check.ts';
import type { SiteSpec } from '../../../schemas/generated/types.ts';
import { device, fleet, problemsOf, site, stateOf } from './fleet-fixture.ts';

const vsat = { name: 'vsat', rate: '128kbit/s', pricePerMB: 4.5, currency: 'EUR' };
const carries: ['delta'] = ['delta'];

function codesOf(...links: readonly object[]): readonly string[] {
  const document = { apiVersion: 'fleet/v1alpha1', kind: 'Site', metadata: { name: 'aurora' }, spec: { links } };
  const checked = checkDocument(document, 0);
  return checked.kind === 'manifest' ? [] : checked.findings.map(({ code, path }) => `${code} ${path.join('.')}`);
}

test('links with a price, a rate and an interface of their own are taken', (t) => {
  const harbor = { name: 'harbor', rate: '20Mbit/s', match: { interface: 'wlan*' } };
  t.deepEqual(
    codesOf({ ...vsat, match: { interface: 'eth1' }, carries }, harbor, { name: 'cable', rate: '1Gbit/s' }),
    [],
  );
});

test('a link that costs less than nothing, or nothing, or moves no bit, is refused where it says so', (t) => {
  for (const pricePerMB of [0, -1])
    t.deepEqual(codesOf({ ...vsat, pricePerMB }), ['OUT_OF_RANGE spec.links.0.pricePerMB']);
  for (const rate of ['0bit/s', '0.0Mbit/s', '-1kbit/s', '128', '128kB/s'])
    t.deepEqual(codesOf({ ...vsat, rate }), ['BAD_VALUE spec.links.0.rate'], rate);
  t.deepEqual(codesOf({ ...vsat, match: { interface: 'eth1' }, carries: ['patch'] }), [
    'UNKNOWN_VALUE spec.links.0.carries.0',
  ]);
  t.deepEqual(codesOf({ ...vsat, currency: 'euro' }), ['BAD_VALUE spec.links.0.currency']);
});

test('a rate may be left out where devices can tell the link, and what they see of it; they are told of it then', (t) => {
  const { rate: _unsaid, ...unrated } = vsat;
  t.deepEqual(codesOf(unrated), ['RATE_UNKNOWN spec.links.0']);
  t.deepEqual(codesOf({ ...unrated, match: { interface: 'sat0' } }), []);
  const files = {
    'sites/aurora.yaml': site('aurora', { links: [{ ...unrated, match: { interface: 'sat0' } }] }),
    'devices/bridge.yaml': device('bridge', { kind: 'ship' }, { site: 'aurora' }),
    'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, []),
  };
  const links = stateOf(files).desiredDevices.get('bridge')?.template.links;
  t.deepEqual(links, [{ name: 'vsat', interface: 'sat0' }]);
});

test('a price without a currency and a currency without a price are refused', (t) => {
  const { currency, pricePerMB, ...plain } = vsat;
  t.deepEqual(codesOf({ ...plain, pricePerMB }), ['PRICE_INCOMPLETE spec.links.0.pricePerMB']);
  t.deepEqual(codesOf({ ...plain, currency }), ['PRICE_INCOMPLETE spec.links.0.currency']);
});

test('links of one name, of two currencies or for the same interfaces are refused, each once', (t) => {
  t.deepEqual(codesOf(vsat, vsat, vsat), ['DUPLICATE_LINK spec.links.1.name', 'DUPLICATE_LINK spec.links.2.name']);
  t.deepEqual(codesOf(vsat, { ...vsat, name: 'lte', currency: 'NOK' }), ['TWO_CURRENCIES spec.links.1.currency']);
  const on = (name: string, pattern: string) => ({ ...vsat, name, match: { interface: pattern } });
  t.deepEqual(codesOf(on('a', 'eth*'), on('b', 'eth1')), ['LINKS_OVERLAP spec.links.1.match']);
  t.deepEqual(codesOf(on('a', 'eth*'), on('b', 'e*'), on('c', '*')).length, 2);
  t.deepEqual(codesOf(on('a', 'eth1'), on('b', 'eth10'), on('c', 'wwan*')), []);
});

test('links that a fact tells apart do not overlap; others on one interface do', (t) => {
  const by = (name: string, match: object) => ({ ...vsat, name, match });
  const fact = (is: unknown, name = 'uplink') => ({ fact: { name, is, maxAge: '5m' } });
  const told = 'LINKS_OVERLAP spec.links.1.match';
  t.deepEqual(codesOf(by('a', fact('vsat')), by('b', fact('port'))), []);
  t.deepEqual(
    codesOf(by('a', { interface: 'eth0', ...fact(true) }), by('b', { interface: 'eth0', ...fact(false) })),
    [],
  );
  t.deepEqual(codesOf(by('a', { interface: 'eth0', ...fact(1) }), by('b', { interface: 'wlan0', ...fact(1) })), []);
  t.deepEqual(codesOf(by('a', fact('vsat')), by('b', fact('vsat'))), [told]);
  t.deepEqual(codesOf(by('a', fact('vsat')), by('b', fact('vsat', 'other'))), [told]);
  t.deepEqual(codesOf(by('a', fact('true')), by('b', fact(true))), [told], 'one text may be both');
  t.deepEqual(codesOf(by('a', { interface: 'eth*' }), by('b', { interface: 'eth0', ...fact(1) })), [told]);
  t.deepEqual(codesOf(by('a', {})), ['OUT_OF_RANGE spec.links.0.match']);
});

test('two patterns overlap exactly where one interface matches both', (t) => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 3 });
  const pattern = fc.oneof(
    name,
    fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 3 }).map((text) => `${text}*`),
  );
  const names = ['a', 'b'].flatMap((x) => [
    x,
    ...['a', 'b'].flatMap((y) => [x + y, ...['a', 'b'].map((z) => x + y + z)]),
  ]);
  const matches = (text: string, one: string) =>
    text.endsWith('*') ? one.startsWith(text.slice(0, -1)) : one === text;
  fc.assert(
    fc.property(pattern, pattern, (left, right) => {
      const isShared = names.some((one) => matches(left, one) && matches(right, one));
      const [a, b] = [left, right].map((text, at) => ({ name: `l${at}`, rate: '1bit/s', match: { interface: text } }));
      t.is(codesOf(a!, b!).length === 1, isShared, `${left} ${right}`);
    }),
  );
});

test('what is wrong with a link is told with its line and what would do', (t) => {
  const links = [vsat, { ...vsat, name: 'lte', currency: 'NOK', pricePerMB: 0 }];
  const problems = problemsOf({ 'sites/aurora.yaml': site('aurora', { links }) });
  t.deepEqual(
    problems.map(({ file, line, message }) => `${file}:${line} ${message}`),
    [
      "sites/aurora.yaml:13 spec.links[1].pricePerMB must be > 0, not number 0: Of a million bytes, in the link's currency; left out where bytes cost nothing.",
      'sites/aurora.yaml:14 link "vsat" is priced in EUR, and prices of one site are compared; give this one in EUR as well',
    ],
  );
});

test('a budget is of so many bytes a day or month, on a link that a device can tell from others', (t) => {
  const known = { ...vsat, match: { interface: 'sat0' } };
  const withBudget = (bytes: string, per = 'month') => codesOf({ ...known, budget: { bytes, per } });
  for (const bytes of ['100kB', '50MB', '99999GB']) t.deepEqual(withBudget(bytes), [], bytes);
  for (const bytes of ['99kB', '0MB', '50MiB', '1.5GB', '-1MB', '100000GB'])
    t.deepEqual(withBudget(bytes), ['BAD_VALUE spec.links.0.budget.bytes'], bytes);
  t.deepEqual(withBudget('50MB', 'week'), ['UNKNOWN_VALUE spec.links.0.budget.per']);
  t.deepEqual(codesOf({ ...vsat, budget: { bytes: '50MB', per: 'day' } }), ['TERMS_UNKEPT spec.links.0.budget']);
});

test('what a link carries is kept to by devices that can tell it from others, and refused where none can', (t) => {
  t.deepEqual(codesOf({ ...vsat, match: { interface: 'sat0' }, carries }), []);
  t.deepEqual(codesOf({ ...vsat, carries }), ['TERMS_UNKEPT spec.links.0.carries']);
});

test('hours of a link are held to what a schedule must be, and are some', (t) => {
  const at = (...fetch: object[]) => codesOf({ ...vsat, match: { interface: 'sat0' }, fetch });
  t.deepEqual(at({ cron: '0 1 * * *', duration: '4h', timeZone: 'Europe/Oslo' }), []);
  t.deepEqual(at({ cron: '0 1 31 2 *', duration: '4h' }), ['BAD_SCHEDULE spec.links.0.fetch.0.cron']);
  t.deepEqual(at({ cron: '0 1 * * *', duration: '4h', timeZone: 'Moon' }), [
    'UNKNOWN_TIME_ZONE spec.links.0.fetch.0.timeZone',
  ]);
  t.deepEqual(at(), ['NEVER_OPENS spec.links.0.fetch']);
  const fetch = [{ cron: '0 1 * * *', duration: '4h' }];
  t.deepEqual(codesOf({ ...vsat, fetch }), ['TERMS_UNKEPT spec.links.0.fetch']);
});

test('devices of a site are told of the links that they can know, once one of these has terms', (t) => {
  const files = (...links: NonNullable<SiteSpec['links']>) => ({
    'sites/aurora.yaml': site('aurora', { links }),
    'devices/bridge.yaml': device('bridge', { kind: 'ship' }, { site: 'aurora' }),
    'devices/ashore.yaml': device('ashore', { kind: 'ship' }),
    'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, []),
  });
  const toldOf = (name: string, ...links: NonNullable<SiteSpec['links']>) =>
    stateOf(files(...links)).desiredDevices.get(name)?.template.links;
  const port = { name: 'port', rate: '20Mbit/s', match: { interface: 'wlan*' } };
  const sat = { ...vsat, match: { interface: 'sat0' }, carries, budget: { bytes: '50MB', per: 'month' as const } };
  const told = [
    { name: 'vsat', interface: 'sat0', carries: ['delta'], budget: { bytes: 50_000_000, per: 'month' } },
    { name: 'port', interface: 'wlan*' },
  ];
  t.deepEqual(toldOf('bridge', sat, port, { name: 'cable', rate: '1Gbit/s' }), told as never);
  t.is(toldOf('bridge', port), undefined);
  t.is(toldOf('ashore', sat, port), undefined);
});

test('devices that are to take the cheapest link are told which that is, not what links cost, and are refused where they can tell fewer than two', (t) => {
  const price = (pricePerMB: number) => ({ pricePerMB, currency: 'EUR' });
  const at = (name: string, rest: object = {}) => ({ name, rate: '1Mbit/s', match: { interface: name }, ...rest });
  const spec = (links: NonNullable<SiteSpec['links']>): SiteSpec => ({ links, modulesOver: 'cheapest' });
  const toldOf = (told: SiteSpec) => {
    const files = {
      'sites/aurora.yaml': site('aurora', told),
      'devices/bridge.yaml': device('bridge', { kind: 'ship' }, { site: 'aurora' }),
      'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, []),
    };
    return stateOf(files)
      .desiredDevices.get('bridge')
      ?.template.links?.map(({ name, dearness }) => [name, dearness]);
  };
  const unknown = { name: 'cable', rate: '1Gbit/s', ...price(0.01) };
  const links = [at('sat0', price(4.5)), unknown, at('lte0', price(0.2)), at('wlan0'), at('wwan0', price(0.2))];
  const told = [
    ['sat0', 2],
    ['lte0', 1],
    ['wlan0', undefined],
    ['wwan0', 1],
  ];
  t.deepEqual(toldOf(spec(links)), told as never);
  const cheaper = links.map((link) => (link.name === 'sat0' ? { ...link, ...price(3) } : link));
  t.deepEqual(toldOf(spec(cheaper)), told as never, 'another price that changes no order is not told');
  t.is(toldOf({ links }), undefined);
  const document = (links: readonly object[]) => {
    const value = {
      apiVersion: 'fleet/v1alpha1',
      kind: 'Site',
      metadata: { name: 'aurora' },
      spec: { links, modulesOver: 'cheapest' },
    };
    const checked = checkDocument(value, 0);
    return checked.kind === 'manifest' ? [] : checked.findings.map(({ code, path }) => `${code} ${path.join('.')}`);
  };
  t.deepEqual(document(links), []);
  t.deepEqual(document([at('sat0', price(4.5)), unknown]), ['TERMS_UNKEPT spec.modulesOver']);
});

test('what links of a site cost changes nothing on its devices', (t) => {
  const templateOf = (spec: SiteSpec) => {
    const files = {
      'sites/aurora.yaml': site('aurora', spec),
      'devices/bridge.yaml': device('bridge', {}, { site: 'aurora' }),
    };
    return stateOf(files).desiredDevices.get('bridge');
  };
  t.deepEqual(templateOf({ links: [vsat] }), templateOf({}));
});
