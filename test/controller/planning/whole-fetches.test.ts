import test from 'ava';
import { wholeTexts } from '../../../cli/render/whole-words.ts';
import type { DeviceChange } from '../../../controller/planning/compare.ts';
import { wholeFetches } from '../../../controller/planning/whole-fetches.ts';
import type { FetchPrice, Site } from '../../../schemas/generated/types.ts';

const release = { name: 'pump', version: '1.1.0', sha256: 'a'.repeat(64), length: 40_000 };
const brotli: FetchPrice = { method: 'brotli', bytes: 19_000, index: 500, length: 40_000 };
const delta: FetchPrice = { method: 'delta', bytes: 900, index: 500, length: 40_000 };

function change(device: string, more: Partial<DeviceChange> = {}): DeviceChange {
  return {
    ...{ device, site: 'aurora', fleet: 'ships', wave: 'canary', kind: 'deploy', cause: 'CHANGED', message: '' },
    ...{ applications: [], attributes: [], isStripped: false, fetches: [{ release, bases: ['b'.repeat(64)] }] },
    ...more,
  };
}

const links = [{ name: 'vsat', rate: '128kbit/s', pricePerMB: 10, currency: 'EUR' }];
const wifi = [{ name: 'wifi', rate: '1Mbit/s', match: { interface: 'wlan0' }, carries: ['whole'] }];
const sites = new Map(
  Object.entries({ aurora: links, pier: wifi, moor: [...links, ...wifi] }).map(([name, its]) => {
    return [name, { spec: { links: its } } as unknown as Site];
  }),
);

function textsOf(...devices: readonly (readonly [DeviceChange, FetchPrice])[]): string[] {
  const prices = new Map(devices.map(([{ device }, price]) => [device, [price]]));
  const changes = devices.map(([one]) => one);
  return wholeTexts(wholeFetches(changes, prices, sites));
}

test('updates without a delta are told wave by wave, with their price and what devices do then', (t) => {
  t.deepEqual(
    textsOf(
      [change('a'), brotli],
      [change('b'), brotli],
      [change('c', { wave: 'rest', wholeModules: 'ask' }), brotli],
      [change('d', { fleet: 'tugs', wholeModules: 'never' }), brotli],
    ),
    [
      'ships, wave canary: for want of a delta 38.0 kB whole, from 0.39 EUR: a, b',
      'ships, wave rest: no delta: each waits until somebody lets it (19.0 kB whole, from 0.20 EUR): c',
      'tugs, wave canary: no delta: each stays at what it runs, for no update comes whole (it would be 19.0 kB whole, from 0.20 EUR): d',
    ],
  );
});

test('nothing is told of what travels as a delta, comes for the first time, may get a delta yet, or is not issued', (t) => {
  const fetches = [{ release, bases: [] }];
  t.deepEqual(
    textsOf(
      [change('a'), delta],
      [change('b', { fetches }), brotli],
      [change('c'), { ...brotli, atMost: true }],
      [change('d', { kind: 'hold' }), brotli],
    ),
    [],
  );
});

test('where no link brings deltas, an update that has one counts as one that comes whole', (t) => {
  const at = (device: string, site: string) => change(device, { site, wholeModules: 'ask' });
  t.deepEqual(
    textsOf([at('a', 'pier'), delta], [at('b', 'moor'), delta], [at('c', 'pier'), { ...brotli, atMost: true }]),
    ['ships, wave canary: no delta: each waits until somebody lets it (59.0 kB whole): a, c'],
  );
});
