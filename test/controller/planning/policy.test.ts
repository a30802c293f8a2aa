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
  redefinedFleets,
  withReasons,
} from '../../../controller/planning/policy.ts';
import type { Policy, PolicySpec } from '../../../schemas/generated/types.ts';
import { desiredOf, named } from '../engine/rollout-scene.ts';

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

const limits = fc.record<PolicySpec>(
  {
    maxDevices: fc.nat(9),
    minWaves: fc.integer({ min: 1, max: 4 }),
    maxPrice: fc.dictionary(fc.constantFrom('EUR', 'NOK'), fc.nat(9), { minKeys: 1 }),
  },
  { requiredKeys: [] },
);

const weights = fc.record<CommitWeight>({
  devices: fc.nat(12),
  fleets: fc.array(fc.record({ fleet: fc.constantFrom('ships', 'trucks'), waves: fc.integer({ min: 1, max: 4 }) })),
  prices: fc.uniqueArray(
    fc.record({ currency: fc.constantFrom('EUR', 'NOK', 'USD'), cheapest: fc.nat(5), dearest: fc.nat(12) }),
    { selector: ({ currency }) => currency },
  ),
});

test('a commit within every limit is over none, and one that does more is over at least as many', (t) => {
  fc.assert(
    fc.property(limits, weights, fc.nat(5), (spec, weight, more) => {
      const placed = [{ policy: policy(spec), of: 'base' as const }];
      const count = excessesOf(placed, weight).length;
      const { maxDevices = Number.POSITIVE_INFINITY, minWaves = 0, maxPrice } = spec;
      const dear = weight.prices.filter(
        ({ currency, dearest }) => maxPrice !== undefined && dearest > (maxPrice[currency] ?? 0),
      );
      t.is(
        count,
        (weight.devices > maxDevices ? 1 : 0) +
          (weight.fleets.some(({ waves }) => waves < minWaves) ? 1 : 0) +
          dear.length,
      );
      const heavier = {
        ...{ fleets: weight.fleets, devices: weight.devices + more },
        prices: weight.prices.map((price) => ({ ...price, dearest: price.dearest + more })),
      };
      t.true(excessesOf(placed, heavier).length >= count);
    }),
  );
});

test('a commit is under the policy it finds and the one it brings: who raises a limit, or takes it away, is held to the old one', (t) => {
  const old = stateWith(policy({ maxDevices: 2 }));
  const over = (next: ManifestState): string[] =>
    excessesOf(policiesOf(old, next), { devices: 3, prices: [], fleets: [] }).map(
      ({ of, message }) => `${of}: ${message}`,
    );
  const found = 'base: it changes 3 devices, and spec.maxDevices of Policy/harbor, as it stands before it, is 2';
  t.deepEqual(over(old), [found]);
  t.deepEqual(over(stateWith(policy({ maxDevices: 9 }))), [found]);
  t.deepEqual(over(emptyManifestState), [found]);
  t.deepEqual(over(stateWith(policy({ maxDevices: 1 }))), [
    found,
    'next: it changes 3 devices, and spec.maxDevices of Policy/harbor is 1',
  ]);
  const [first] = excessesOf(policiesOf(emptyManifestState, old), { devices: 3, prices: [], fleets: [] });
  t.is(first?.of, 'next');
});

test('a line names one limit and gives a reason; the newest counts, and another limit, or no reason, says nothing', (t) => {
  const placed = [{ policy: policy({ maxDevices: 0, maxPrice: { EUR: 0 } }), of: 'next' as const }];
  const excesses = excessesOf(placed, {
    devices: 1,
    fleets: [],
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
    devices: 0,
    fleets: [],
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

test('a fleet that gives up waves is weighed by what is left of them, also where nothing else of it changes', (t) => {
  const ships = (release: '1.0.0' | '1.1.0', first?: string, ...names: readonly string[]) => {
    const wave = (name: string) => ({ name, limit: 1 });
    const devices = named('one', 'two');
    if (first === undefined) return desiredOf({ release, devices });
    return desiredOf({ release, devices, rollout: { waves: [wave(first), ...names.map(wave)] } });
  };
  const before = ships('1.0.0', 'canary');
  t.deepEqual(redefinedFleets(before, ships('1.0.0')), [{ fleet: 'ships', waves: 1 }]);
  t.deepEqual(redefinedFleets(before, ships('1.1.0', 'canary')), [{ fleet: 'ships', waves: 2 }]);
  t.deepEqual(redefinedFleets(before, before), []);
  t.deepEqual(redefinedFleets(before, ships('1.0.0', 'canary', 'second')), []);
});
