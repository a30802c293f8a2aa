/** What a commit weighs by its manifests: what went round a policy before is found. */
import test from 'ava';
import type { DesiredFleet } from '../../../controller/manifests/desired.ts';
import { runAtOnce } from '../../../controller/manifests/steps.ts';
import { type WeighedSide, weighedChangesInSteps, weighInSteps } from '../../../controller/planning/commit-weight.ts';
import type { CommitWeight } from '../../../controller/planning/policy.ts';
import type { FleetRollout, SiteLink } from '../../../schemas/generated/types.ts';
import { application, desiredFrom, device, type Files, fleet, site } from '../manifests/fleet-fixture.ts';

function sideOf(desired: DesiredFleet): WeighedSide {
  const namesIn = (name: string) =>
    [...desired.devices.values()].filter((one) => one.fleet === name).map((one) => one.name);
  return { desired, namesIn, sizeOf: (name) => namesIn(name).length };
}

/** As a policy with every rule weighs it. */
function weigh(before: Files, after: Files): Omit<CommitWeight, 'prices'> {
  const [base, next] = [sideOf(desiredFrom(before)), sideOf(desiredFrom(after))];
  const affected = [...new Set([...base.desired.devices.keys(), ...next.desired.devices.keys()])].sort();
  const releases = new Map([...base.desired.catalogue, ...next.desired.catalogue]);
  const compared = { base: base.desired, next: next.desired, releases, observe: () => undefined };
  const devices = runAtOnce(weighedChangesInSteps(affected, compared));
  const spec = { minWaves: 2, keepBudgets: true as const };
  const policy = { apiVersion: 'fleet/v1alpha1' as const, kind: 'Policy' as const, metadata: { name: 'harbor' }, spec };
  return runAtOnce(weighInSteps([{ policy, of: 'base' }], { base, next, affected, devices }));
}

const names = ['one', 'two', 'three', 'four'];

function key(at: number): string {
  return `SHA256:${String(at).repeat(43)}`;
}

interface Fleetful {
  readonly release?: '1.0.0' | '1.1.0';
  readonly rollout?: FleetRollout;
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: object;
}

/** Four devices in one fleet. */
function files({ release = '1.0.0', rollout, name = 'ships', labels = {}, spec = {} }: Fleetful): Files {
  const more = rollout === undefined ? {} : { rollout };
  return {
    'apps/pump.yaml': application('pump', release),
    'fleets/ships.yaml': fleet(name, { kind: 'ship' }, [{ name: 'pump' }], more),
    ...Object.fromEntries(
      names.map((one, at) => [
        `devices/${one}.yaml`,
        device(one, { kind: 'ship', deck: 'a', ...labels }, { keyFingerprint: key(at), ...spec }),
      ]),
    ),
  };
}

/** A fleet that goes so: its waves, and how many of its devices are in the first. */
function going(waves: number, devices: number, first: number, more: object = {}, name = 'ships') {
  return { fleet: name, waves, devices, first: { devices: first, of: 4 }, ...more };
}

const canary: FleetRollout = { waves: [{ name: 'canary', limit: 1 }] };

test('a fleet that gives up waves is weighed by what is left of them, also where nothing else of it changes', (t) => {
  const before = files({ rollout: canary });
  const of = (after: Files) => weigh(before, after).fleets;
  t.deepEqual(of(files({})), [going(1, 4, 4)]);
  t.deepEqual(of(files({ release: '1.1.0', rollout: canary })), [going(2, 4, 1)]);
  t.deepEqual(of(before), []);
  t.deepEqual(
    of(
      files({
        rollout: {
          waves: [
            { name: 'canary', limit: 1 },
            { name: 'second', limit: 1 },
          ],
        },
      }),
    ),
    [],
  );
});

test('a wave that takes nobody is none: neither a first one of all devices nor labels that put all in it make a canary', (t) => {
  const of = (first: object, labels = {}) => {
    const rollout: FleetRollout = { waves: [{ name: 'canary', ...first }] };
    return weigh(files({ rollout }), files({ release: '1.1.0', rollout, labels })).fleets;
  };
  t.deepEqual(of({ limit: '100%' }), [going(1, 4, 4)]);
  t.deepEqual(of({ selector: { matchLabels: { deck: 'a' } } }), [going(1, 4, 4)]);
  t.deepEqual(of({ limit: '50%' }), [going(2, 4, 2)]);
  const byBerth: FleetRollout = { waves: [{ name: 'canary', selector: { matchLabels: { berth: '1' } } }] };
  const before = {
    ...files({ rollout: byBerth }),
    'devices/one.yaml': device('one', { kind: 'ship', berth: '1' }, {}),
  };
  t.deepEqual(weigh(before, files({ rollout: byBerth, labels: { berth: '1' } })).fleets, [going(1, 4, 4)]);
  const asOne = (name: string) => ({ [`devices/${name}.yaml`]: device(name, { kind: 'ship', berth: '1' }, {}) });
  const later = { ...before, ...asOne('two'), ...asOne('three'), ...asOne('four') };
  t.deepEqual(weigh(before, later).fleets, [going(1, 4, 4)], 'labels alone');
  t.deepEqual(
    weigh(before, { ...before, ...asOne('two') }).fleets,
    [going(2, 4, 2, { isWidened: true })],
    'the rest is still there',
  );
});

test('what is in the first wave is counted, whether a number limits it or a part, and told where it alone gets larger', (t) => {
  const first = (limit: number | string): FleetRollout => ({ waves: [{ name: 'canary', limit }] });
  const of = (before: number | string, after: number | string) =>
    weigh(files({ rollout: first(before) }), files({ rollout: first(after) })).fleets;
  const wider = [going(2, 4, 3, { isWidened: true })];
  t.deepEqual([of(1, 3), of('25%', '75%'), of('25%', 3)], [wider, wider, wider]);
  t.deepEqual([of(3, 1), of('25%', 1), of(3, '75%')], [[], [], []]);
  const other = { 'apps/pump.yaml': application('pump', '1.1.0') };
  t.deepEqual(weigh(files({ rollout: first(3) }), { ...files({ rollout: first(3) }), ...other }).fleets, [
    going(2, 4, 3),
  ]);
  const more = { 'devices/five.yaml': device('five', { kind: 'ship', deck: 'a' }, { keyFingerprint: key(5) }) };
  t.deepEqual(weigh(files({}), { ...files({}), ...more }).fleets, [], 'a newcomer to a fleet without waves');
});

test('a fleet of another name is weighed by its own waves, where its devices get something else with it', (t) => {
  const before = files({ rollout: canary });
  t.deepEqual(weigh(before, files({ name: 'vessels', rollout: canary })).fleets, [], 'what runs goes on');
  t.deepEqual(weigh(before, files({ name: 'vessels', release: '1.1.0' })).fleets, [going(1, 4, 4, {}, 'vessels')]);
  t.deepEqual(weigh(before, files({ name: 'vessels', release: '1.1.0', rollout: canary })).fleets, [
    going(2, 4, 1, {}, 'vessels'),
  ]);
});

test('devices that labels put into a fleet that has something else get it in one wave', (t) => {
  const tugs = {
    'fleets/tugs.yaml': fleet('tugs', { kind: 'tug' }, [{ name: 'pump', config: { a: 1 } }], { rollout: canary }),
  };
  const before = { ...files({ rollout: canary }), ...tugs };
  const asTug = (name: string) => ({
    [`devices/${name}.yaml`]: device(name, { kind: 'tug' }, { keyFingerprint: key(names.indexOf(name)) }),
  });
  t.deepEqual(weigh(before, { ...before, ...asTug('one'), ...asTug('two') }).fleets, [
    { fleet: 'tugs', waves: 1, devices: 2, first: { devices: 2, of: 2 }, isJoined: true },
  ]);
});

test('a hold that ends by itself puts nothing past a policy, and one that is taken away brings what it kept off', (t) => {
  const before = files({});
  const until = '2026-06-01T00:01:00Z';
  const held = (hold: object) => files({ release: '1.1.0', spec: { hold: { reason: 'dock', ...hold } } });
  t.is(weigh(before, files({ release: '1.1.0' })).devices, 4);
  t.is(weigh(before, held({ until })).devices, 4);
  t.is(weigh(held({ until }), files({ release: '1.1.0' })).devices, 0, 'it was weighed when it was put off');
  t.is(weigh(before, held({})).devices, 0);
  t.is(weigh(held({}), files({ release: '1.1.0' })).devices, 4);
});

test('a hold at a release is weighed by what it brings, while it stands and when it is over, and goes in one wave', (t) => {
  const before = files({ rollout: canary });
  const until = '2026-06-01T00:01:00Z';
  const at = (pump: string, more: object = {}) => {
    const spec = { hold: { releases: { pump }, reason: 'dock', ...more } };
    return files({ rollout: canary, spec });
  };
  const pinned = going(1, 4, 4, { isPinned: true });
  t.like(weigh(before, at('1.1.0')), { devices: 4, fleets: [pinned] });
  t.like(weigh(before, at('1.1.0', { until })), { devices: 4, fleets: [pinned] });
  t.like(weigh(before, at('1.0.0')), { devices: 0, fleets: [] }, 'they have that');
  t.like(weigh(at('1.1.0'), before), { devices: 4, fleets: [] });
  t.like(weigh(at('1.1.0', { until }), before), { devices: 0 }, 'it was weighed with the hold');
});

test('a weaker budget is found at its fleet, and at devices that come to one by their fleet or their labels', (t) => {
  const budget = (maxUnavailable: number, groupBy = 'deck'): FleetRollout => ({ budget: { groupBy, maxUnavailable } });
  const before = files({ rollout: budget(1) });
  const of = (after: Files) => weigh(before, after).budgets;
  const none = { fleets: [], devices: [], links: [] };
  const ofFleet = { ...none, fleets: ['ships'] };
  t.deepEqual(of(before), none);
  t.deepEqual(of(files({ rollout: budget(2) })), ofFleet);
  t.deepEqual(of(files({ rollout: budget(1, 'site') })), ofFleet);
  t.deepEqual(of(files({ rollout: {} })), ofFleet);
  t.deepEqual(of(files({})), ofFleet);
  t.deepEqual(weigh(files({ rollout: budget(2) }), before).budgets, none);
  t.deepEqual(of(files({ name: 'vessels', rollout: budget(1) })), none);
  t.deepEqual(of(files({ name: 'vessels' })), { ...none, devices: [...names].sort() });
  const unlabelled = { 'devices/one.yaml': device('one', { kind: 'ship' }, { keyFingerprint: key(0) }) };
  t.deepEqual(of({ ...before, ...unlabelled }), { ...none, devices: ['one'] });
});

test('devices that a label takes out of the group that they shared come to a weaker budget, and those that stay together do not', (t) => {
  const rollout: FleetRollout = { budget: { groupBy: 'deck', maxUnavailable: 1 } };
  const before = files({ rollout });
  const onDeck = (decks: Readonly<Record<string, string>>): Files => {
    const moved = Object.entries(decks).map(([one, deck]) => {
      const spec = { keyFingerprint: key(names.indexOf(one)) };
      return [`devices/${one}.yaml`, device(one, { kind: 'ship', deck }, spec)];
    });
    return { ...before, ...Object.fromEntries(moved) };
  };
  const of = (base: Files, next: Files) => weigh(base, next).budgets.devices;
  t.deepEqual(of(before, onDeck({ two: 'b' })), ['two']);
  t.deepEqual(of(before, onDeck({ one: 'b', two: 'c' })), ['one', 'two']);
  t.deepEqual(of(before, onDeck({ one: 'b', two: 'b', three: 'b', four: 'b' })), [], 'another name for the same');
  t.deepEqual(of(onDeck({ two: 'b' }), before), [], 'together again');
  t.deepEqual(of(onDeck({ two: 'b' }), onDeck({ two: 'c' })), [], 'it was alone');
});

test('a link over which devices may take more in a day or in a month is found', (t) => {
  const withLink = (budget?: SiteLink['budget']): Files => {
    const link = { name: 'vsat', rate: '128kbit/s', match: { interface: 'wwan0' }, ...(budget && { budget }) };
    return { 'sites/aurora.yaml': site('aurora', { links: [link] }) };
  };
  const daily = { bytes: '10MB', per: 'day' as const };
  const of = (before: Files, after: Files) => weigh(before, after).budgets.links;
  t.deepEqual(of(withLink(daily), withLink({ bytes: '11MB', per: 'day' })), ['aurora/vsat']);
  t.deepEqual(of(withLink(daily), withLink()), ['aurora/vsat']);
  t.deepEqual(of(withLink(daily), withLink({ bytes: '11MB', per: 'month' })), ['aurora/vsat'], 'in one day');
  t.deepEqual(of(withLink({ bytes: '300MB', per: 'month' }), withLink(daily)), ['aurora/vsat'], 'in 31 days');
  t.deepEqual(of(withLink({ bytes: '310MB', per: 'month' }), withLink(daily)), []);
  t.deepEqual(of(withLink(daily), withLink({ bytes: '10MB', per: 'month' })), []);
  t.deepEqual(of(withLink(), withLink(daily)), []);
  t.deepEqual(of(withLink(daily), { 'sites/aurora.yaml': site('aurora', {}) }), []);
});
