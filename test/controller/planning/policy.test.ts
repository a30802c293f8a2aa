import test from 'ava';
import fc from 'fast-check';
import { emptyManifestState, type ManifestState } from '../../../controller/manifests/manifest-state.ts';
import { PersistentMap } from '../../../controller/manifests/persistent-map.ts';
import { runAtOnce } from '../../../controller/manifests/steps.ts';
import {
  type CommitWeight,
  excessesOf,
  findingOf,
  policiesOf,
  type WeighedFleet,
  withReasons,
} from '../../../controller/planning/policy.ts';
import { noneWeakened } from '../../../controller/planning/weakened-budgets.ts';
import type { Policy, PolicySpec } from '../../../schemas/generated/types.ts';

function policy(spec: PolicySpec, name = 'harbor'): Policy {
  return { apiVersion: 'fleet/v1alpha1', kind: 'Policy', metadata: { name }, spec };
}

function stateWith(...policies: readonly Policy[]): ManifestState {
  const byName = policies.map((one) => [one.metadata.name, one] as const);
  const declared = policies.map(
    (one) => [`Policy/${one.metadata.name}`, { file: 'policy.yaml', document: 0 }] as const,
  );
  return {
    ...emptyManifestState,
    policies: runAtOnce(PersistentMap.empty<Policy>().withChanges(byName)),
    declared: runAtOnce(emptyManifestState.declared.withChanges(declared)),
  };
}

/** Of a commit that changes nothing. */
const nothing: CommitWeight = { devices: 0, fleets: [], prices: [], budgets: noneWeakened };

const limits = fc.record<PolicySpec>(
  {
    maxDevices: fc.nat(9),
    minWaves: fc.integer({ min: 1, max: 4 }),
    maxFirstWave: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constantFrom('10%', '50%', '75%', '100%')),
    keepBudgets: fc.constant(true as const),
    maxPrice: fc.dictionary(fc.constantFrom('EUR', 'NOK'), fc.nat(9), { minKeys: 1 }),
  },
  { requiredKeys: [] },
);

const weights = fc.record<CommitWeight>({
  devices: fc.nat(12),
  fleets: fc.array(
    fc.record({
      ...{ fleet: fc.constantFrom('ships', 'trucks'), waves: fc.integer({ min: 1, max: 4 }) },
      devices: fc.integer({ min: 1, max: 4 }),
      first: fc.record({ devices: fc.integer({ min: 1, max: 4 }), of: fc.constant(4) }),
    }),
  ),
  budgets: fc.record({
    fleets: fc.array(fc.constantFrom('ships', 'trucks')),
    devices: fc.array(fc.constantFrom('bridge', 'engine')),
    links: fc.array(fc.constant('aurora/vsat')),
  }),
  prices: fc.uniqueArray(
    fc.record({ currency: fc.constantFrom('EUR', 'NOK', 'USD'), cheapest: fc.nat(5), dearest: fc.nat(12) }),
    { selector: ({ currency }) => currency },
  ),
});

/** Of a fleet of four; said by arithmetic of its own. */
function firstMax(limit: number | string = 4): number {
  if (typeof limit === 'number') return limit;
  return { '10%': 1, '50%': 2, '75%': 3, '100%': 4 }[limit]!;
}

test('a first wave is bounded by the devices in it, and one device alone may always go first', (t) => {
  const of = (maxFirstWave: number | string, more: Partial<WeighedFleet>) => {
    const weighed = { fleet: 'ships', waves: 2, devices: 6, first: { devices: 5, of: 6 }, ...more };
    return excessesOf([{ policy: policy({ maxFirstWave }), of: 'next' }], { ...nothing, fleets: [weighed] });
  };
  const [excess] = of('20%', {});
  t.like(excess, { limit: 'max-first-wave', path: ['spec', 'maxFirstWave'] });
  t.is(
    excess!.message,
    'too many devices are in a first wave (5 of 6 of ships), and spec.maxFirstWave of Policy/harbor is 20%',
  );
  t.regex(of(2, { isWidened: true })[0]!.message, /5 of 6 of ships/);
  t.regex(of(2, { isJoined: true })[0]!.message, /\(all 6 that come into ships\)/);
  t.regex(of(2, { isPinned: true })[0]!.message, /\(all 6 of ships that holds put on other releases\)/);
  t.deepEqual([of('20%', { first: { devices: 2, of: 6 } }), of('1%', { first: { devices: 1, of: 6 } })], [[], []]);
  t.deepEqual(of(1, { devices: 0, first: { devices: 0, of: 0 } }), [], 'a fleet without devices');
});

test('a fleet that gets nothing else and whose first wave alone is larger is not asked for more waves than it had', (t) => {
  const placed = [{ policy: policy({ minWaves: 3 }), of: 'base' as const }];
  const widened = { fleet: 'ships', waves: 2, devices: 6, first: { devices: 5, of: 6 }, isWidened: true as const };
  t.deepEqual(excessesOf(placed, { ...nothing, fleets: [widened] }), []);
});

test('a commit within every limit is over none, and one that does more is over at least as many', (t) => {
  fc.assert(
    fc.property(limits, weights, fc.nat(5), (spec, weight, more) => {
      const placed = [{ policy: policy(spec), of: 'base' as const }];
      const count = excessesOf(placed, weight).length;
      const { maxDevices = Number.POSITIVE_INFINITY, minWaves = 0, maxPrice, keepBudgets = false } = spec;
      const dear = weight.prices.filter(
        ({ currency, dearest }) => maxPrice !== undefined && dearest > (maxPrice[currency] ?? 0),
      );
      t.is(
        count,
        (weight.devices > maxDevices ? 1 : 0) +
          (weight.fleets.some(({ waves, devices }) => waves < minWaves && waves < devices) ? 1 : 0) +
          (weight.fleets.some(({ first }) => first.devices > firstMax(spec.maxFirstWave)) ? 1 : 0) +
          (keepBudgets && weight.budgets.fleets.length + weight.budgets.devices.length > 0 ? 1 : 0) +
          (keepBudgets && weight.budgets.links.length > 0 ? 1 : 0) +
          dear.length,
      );
      const heavier = {
        ...{ ...weight, devices: weight.devices + more },
        prices: weight.prices.map((price) => ({ ...price, dearest: price.dearest + more })),
      };
      t.true(excessesOf(placed, heavier).length >= count);
    }),
  );
});

test('a commit is under the policy it finds and the one it brings: who raises a limit, or takes it away, is held to the old one', (t) => {
  const old = stateWith(policy({ maxDevices: 2 }));
  const over = (next: ManifestState): string[] =>
    excessesOf(policiesOf(old, next), { ...nothing, devices: 3 }).map(({ of, message }) => `${of}: ${message}`);
  const found = 'base: it changes 3 devices, and spec.maxDevices of Policy/harbor, as it stands before it, is 2';
  t.deepEqual(over(old), [found]);
  t.deepEqual(over(stateWith(policy({ maxDevices: 9 }))), [found]);
  t.deepEqual(over(emptyManifestState), [found]);
  t.deepEqual(over(stateWith(policy({ maxDevices: 1 }))), [
    found,
    'next: it changes 3 devices, and spec.maxDevices of Policy/harbor is 1',
  ]);
  const [first] = excessesOf(policiesOf(emptyManifestState, old), { ...nothing, devices: 3 });
  t.is(first?.of, 'next');
});

test('a line names one limit and gives a reason; the newest counts, and another limit, or no reason, says nothing', (t) => {
  const placed = [{ policy: policy({ maxDevices: 0, maxPrice: { EUR: 0 } }), of: 'next' as const }];
  const excesses = excessesOf(placed, {
    ...{ ...nothing, devices: 1 },
    prices: [{ currency: 'EUR', cheapest: 0, dearest: 0.5 }],
  });
  const reasons = (...lines: readonly string[]) => withReasons(excesses, lines).map(({ reason }) => reason);
  t.deepEqual(reasons(), [undefined, undefined]);
  t.deepEqual(reasons('max-price', 'max-device a slip', 'max-devices '), [undefined, undefined]);
  t.deepEqual(reasons('max-devices a new release', 'max-devices an older one'), ['a new release', undefined]);
  t.deepEqual(reasons('max-price it must be', 'max-devices all of them'), ['all of them', 'it must be']);
});

test('a verdict stands at its limit, and says what would do or what was said', (t) => {
  const state = stateWith(policy({ maxPrice: { EUR: 1 } }));
  const weight = {
    ...nothing,
    prices: ['EUR', 'NOK'].map((currency) => ({ currency, cheapest: 0, dearest: 2 })),
  };
  const [euro, crown] = excessesOf(policiesOf(emptyManifestState, state), weight);
  const place = { file: 'policy.yaml', document: 0, part: 'value' } as const;
  t.deepEqual(findingOf(euro!, state), {
    ...{ ...place, path: ['spec', 'maxPrice', 'EUR'], code: 'OVER_MAX_PRICE' },
    message:
      "it may cost 2 EUR, and spec.maxPrice of Policy/harbor is 1 EUR; where that is meant, a line of the commit's message says so: Fleet-Exception: max-price REASON",
  });
  t.deepEqual(findingOf({ ...crown!, reason: 'the storm' }, state), {
    ...{ ...place, path: ['spec', 'maxPrice'], code: 'POLICY_EXCEPTION' },
    message: 'it may cost 2 NOK, and spec.maxPrice of Policy/harbor names no NOK; a commit says why: the storm',
  });
});
