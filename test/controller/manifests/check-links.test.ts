import test from 'ava';
import fc from 'fast-check';
import { checkDocument } from '../../../controller/manifests/document-check.ts';
import type { SiteSpec } from '../../../schemas/generated/types.ts';
import { device, problemsOf, site, stateOf } from './fleet-fixture.ts';

const vsat = {
  ...{ name: 'vsat', rate: '128kbit/s', pricePerMB: 4.5, currency: 'EUR' },
  carries: ['delta'] as ['delta'],
};

function codesOf(...links: readonly object[]): readonly string[] {
  const document = { apiVersion: 'fleet/v1alpha1', kind: 'Site', metadata: { name: 'aurora' }, spec: { links } };
  const checked = checkDocument(document, 0);
  return checked.kind === 'manifest' ? [] : checked.findings.map(({ code, path }) => `${code} ${path.join('.')}`);
}

test('links with a price, a rate and an interface of their own are taken', (t) => {
  const harbor = { name: 'harbor', rate: '20Mbit/s', match: { interface: 'wlan*' } };
  t.deepEqual(codesOf({ ...vsat, match: { interface: 'eth1' } }, harbor, { name: 'cable', rate: '1Gbit/s' }), []);
});

test('a link that costs less than nothing, or nothing, or moves no bit, is refused where it says so', (t) => {
  for (const pricePerMB of [0, -1])
    t.deepEqual(codesOf({ ...vsat, pricePerMB }), ['OUT_OF_RANGE spec.links.0.pricePerMB']);
  for (const rate of ['0bit/s', '0.0Mbit/s', '-1kbit/s', '128', '128kB/s'])
    t.deepEqual(codesOf({ ...vsat, rate }), ['BAD_VALUE spec.links.0.rate'], rate);
  t.deepEqual(codesOf({ ...vsat, carries: ['control'] }), ['UNKNOWN_VALUE spec.links.0.carries.0']);
  t.deepEqual(codesOf({ ...vsat, currency: 'euro' }), ['BAD_VALUE spec.links.0.currency']);
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
  t.deepEqual(codesOf(on('a', 'eth*'), on('b', 'eth1')), ['LINKS_OVERLAP spec.links.1.match.interface']);
  t.deepEqual(codesOf(on('a', 'eth*'), on('b', 'e*'), on('c', '*')).length, 2);
  t.deepEqual(codesOf(on('a', 'eth1'), on('b', 'eth10'), on('c', 'wwan*')), []);
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
      "sites/aurora.yaml:15 spec.links[1].pricePerMB must be > 0, not number 0: Of a million bytes, in the link's currency; left out where bytes cost nothing.",
      'sites/aurora.yaml:16 link "vsat" is priced in EUR, and prices of one site are compared; give this one in EUR as well',
    ],
  );
});

test('links of a site change nothing on its devices', (t) => {
  const templateOf = (spec: SiteSpec) => {
    const files = {
      'sites/aurora.yaml': site('aurora', spec),
      'devices/bridge.yaml': device('bridge', {}, { site: 'aurora' }),
    };
    return stateOf(files).desiredDevices.get('bridge');
  };
  t.deepEqual(templateOf({ links: [vsat] }), templateOf({}));
});
