import test from 'ava';
import fc from 'fast-check';
import { deployingText } from '../../../cli/render/wave-words.ts';
import { definitionOf } from '../../../controller/manifests/definition.ts';
import type { DesiredFleet } from '../../../controller/manifests/desired.ts';
import { type ComparedRevisions, compareRevisions } from '../../../controller/planning/compare.ts';
import { planDevice } from '../../../controller/planning/plan-device.ts';
import type { KnownRollout } from '../../../controller/planning/rollout/plan-waves.ts';
import { application, catalogue, desiredFrom, device, type Files, fleet } from '../manifests/fleet-fixture.ts';
import { now } from './arbitraries.ts';

const keys = ['A', 'B', 'C', 'D'].map((letter) => `SHA256:${letter.repeat(43)}`);

const base: Files = {
  'applications.yaml': [application('pump', '1.0.0'), application('radio', '1.0.0')].join('---\n'),
  'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'pump' }, { name: 'radio' }]),
  'fleets/trucks.yaml': fleet('trucks', { kind: 'truck' }, [{ name: 'radio' }]),
  'devices/bridge.yaml': device('bridge', { kind: 'ship' }, { keyFingerprint: keys[0]! }),
  'devices/engine.yaml': device('engine', { kind: 'ship' }),
  'devices/cab.yaml': device('cab', { kind: 'truck' }, { keyFingerprint: keys[1]! }),
};

function membersIn({ devices }: DesiredFleet) {
  const namesIn = (fleetName: string) =>
    [...devices.values()].filter((one) => one.fleet === fleetName).map(({ name }) => name);
  return { namesIn, membersOf: (fleetName: string) => namesIn(fleetName).length };
}

function compare(next: Files, rest: Partial<ComparedRevisions> = {}, before: Files = base) {
  const [from, to] = [desiredFrom(before), desiredFrom(next)];
  return compareRevisions({
    ...{ base: from, next: to, ...membersIn(to), observe: () => undefined, releases: catalogue },
    now,
    ...rest,
  });
}

const newPump: Files = {
  ...base,
  'applications.yaml': [application('pump', '1.1.0'), application('radio', '1.0.0')].join('---\n'),
};

function sha256Of(release: string): string {
  return catalogue.get(release)!.sha256;
}

test('a new release touches only the devices that run it, and one without a key holds and says why', (t) => {
  const { devices, fleets } = compare(newPump);
  t.deepEqual(
    devices.map(({ device, kind, cause, applications }) => ({ device, kind, cause, applications })),
    [
      {
        device: 'bridge',
        kind: 'deploy',
        cause: 'CHANGED',
        applications: [{ name: 'pump', from: '1.0.0', to: '1.1.0', settings: false }],
      },
      {
        device: 'engine',
        kind: 'hold',
        cause: 'NO_KEY',
        applications: [{ name: 'pump', from: '1.0.0', to: '1.1.0', settings: false }],
      },
    ],
  );
  t.deepEqual(fleets, [
    { fleet: 'ships', devices: 2, deploying: 1, holding: 1, gone: 0 },
    { fleet: 'trucks', devices: 1, deploying: 0, holding: 0, gone: 0 },
  ]);
});

test('what a device lacks is counted from what it reports, and from the base when nothing is known', (t) => {
  const fetchesWith = (versions: readonly string[]) =>
    compare(newPump, {
      observe: () => ({
        events: [],
        report: {
          at: '2026-06-01T00:00:00Z',
          counter: 1,
          agentVersion: '0.1.0',
          phase: 'active',
          since: '2026-06-01T00:00:00Z',
          highestSequence: 1,
          applications: versions.map((version) => ({
            name: 'pump',
            version,
            state: 'running' as const,
            since: '2026-06-01T00:00:00Z',
            restarts: 0,
          })),
        },
      }),
    }).devices[0]!.fetches.map(({ release, bases }) => [release.name, release.version, bases]);
  t.deepEqual(fetchesWith(['1.1.0']), [['radio', '1.0.0', []]]);
  t.deepEqual(fetchesWith(['1.0.0']), [
    ['pump', '1.1.0', [sha256Of('pump/1.0.0')]],
    ['radio', '1.0.0', []],
  ]);
  const assumed = compare(newPump).devices[0]!.fetches;
  t.deepEqual(
    assumed.map(({ release, bases }) => [release.name, bases]),
    [['pump', [sha256Of('pump/1.0.0')]]],
  );
});

test('a change of settings alone costs a deployment and no module', (t) => {
  const next = {
    ...base,
    'devices/cab.yaml': device('cab', { kind: 'truck' }, { keyFingerprint: keys[1]!, config: { volume: 3 } }),
  };
  const [cab, ...others] = compare(next).devices;
  t.deepEqual(others, []);
  t.deepEqual([cab?.kind, cab?.fetches], ['deploy', []]);
  t.deepEqual(cab?.applications, [{ name: 'radio', from: '1.0.0', to: '1.0.0', settings: true, changed: ['config'] }]);
});

test('devices that come and go are told apart', (t) => {
  const { 'devices/cab.yaml': _, 'fleets/trucks.yaml': __, ...rest } = base;
  const next = { ...rest, 'devices/mast.yaml': device('mast', { kind: 'ship' }, { keyFingerprint: keys[2]! }) };
  const { devices, fleets } = compare(next);
  t.deepEqual(
    devices.map(({ device, kind, cause, fleet }) => [device, kind, cause, fleet]),
    [
      ['cab', 'gone', 'REMOVED', 'trucks'],
      ['mast', 'deploy', 'FIRST', 'ships'],
    ],
  );
  t.deepEqual(
    fleets.map(({ fleet, devices, gone }) => [fleet, devices, gone]),
    [
      ['ships', 3, 0],
      ['trucks', 0, 1],
    ],
  );
});

/** A random repository of up to four devices. */
const repository: fc.Arbitrary<Files> = fc
  .record({
    pump: fc.constantFrom('1.0.0', '1.1.0'),
    radio: fc.constantFrom('1.0.0', '1.1.0'),
    devices: fc.array(
      fc.option(fc.record({ kind: fc.constantFrom('ship', 'truck'), key: fc.boolean(), volume: fc.nat(1) })),
      { minLength: 4, maxLength: 4 },
    ),
  })
  .map(({ pump, radio, devices }) => ({
    'applications.yaml': [application('pump', pump), application('radio', radio)].join('---\n'),
    'fleets.yaml': [
      fleet('ships', { kind: 'ship' }, [{ name: 'pump' }, { name: 'radio' }]),
      fleet('trucks', { kind: 'truck' }, [{ name: 'radio' }]),
    ].join('---\n'),
    'anchor.yaml': [device('anchor-ship', { kind: 'ship' }), device('anchor-truck', { kind: 'truck' })].join('---\n'),
    ...Object.fromEntries(
      devices.flatMap((one, at) =>
        one === null
          ? []
          : [
              [
                `devices/${at}.yaml`,
                device(
                  `d${at}`,
                  { kind: one.kind },
                  { config: { volume: one.volume }, ...(one.key ? { keyFingerprint: keys[at]! } : {}) },
                ),
              ],
            ],
      ),
    ),
  }));

test('a device that is not in the plan would be left alone by the planner, whatever the revisions are', (t) => {
  fc.assert(
    fc.property(repository, repository, (before, after) => {
      const [from, to] = [desiredFrom(before), desiredFrom(after)];
      const change = compare(after, {}, before);
      const listed = new Map(change.devices.map((device) => [device.device, device]));
      for (const [name, next] of to.devices) {
        const old = from.devices.get(name);
        const issued =
          old?.keyFingerprint === undefined || old.fleet === undefined
            ? undefined
            : { sequence: 1, revision: 'c'.repeat(40), issuedAt: 0, templateHash: old.template.hash, applications: [] };
        const decision = planDevice(next, issued === undefined ? {} : { issued }, now);
        if (listed.has(name)) t.is(listed.get(name)?.kind, decision.kind);
        else t.is(decision.kind, 'hold');
      }
      for (const name of from.devices.keys()) if (!to.devices.has(name)) t.is(listed.get(name)?.kind, 'gone');
    }),
    { numRuns: 100 },
  );
});

test('a revision compared with itself changes nothing', (t) => {
  fc.assert(
    fc.property(repository, (files) => {
      t.deepEqual(compare(files, {}, files).devices, []);
    }),
    { numRuns: 30 },
  );
});

test('a linked module is counted among what a device lacks, once, with what it has of it to start from', (t) => {
  const linking = (release: string): Files => {
    const links = { codec: { release } };
    const applications = [application('pump', '1.0.0', { links }), application('radio', '1.0.0', { links })];
    return { ...base, 'applications.yaml': applications.join('---\n') };
  };
  const [bridge] = compare(linking('log/1.1.0'), {}, linking('log/1.0.0')).devices;
  t.deepEqual(
    bridge?.fetches.map(({ release, bases }) => [release.name, release.version, bases]),
    [['log', '1.1.0', [sha256Of('log/1.0.0')]]],
  );
  t.deepEqual(bridge?.applications[0], {
    ...{ name: 'pump', from: '1.0.0', to: '1.0.0', settings: false },
    links: [{ link: 'codec', from: 'log/1.0.0', to: 'log/1.1.0' }],
  });
});

test('a hold is told in the plan, keeps its device from what changes besides, and lets go when it is over', (t) => {
  const hold = { reason: 'sea trial', until: '2026-06-02T08:00:00Z' };
  const bridge = { 'devices/bridge.yaml': device('bridge', { kind: 'ship' }, { keyFingerprint: keys[0]!, hold }) };
  const begun = compare({ ...base, ...bridge }).devices.map(({ device, attributes }) => ({ device, attributes }));
  const attributes = [{ name: 'hold', to: 'until 2026-06-02T08:00Z: sea trial' }];
  t.deepEqual(begun, [{ device: 'bridge', attributes }]);
  const ofBridge = (now: number) =>
    compare({ ...newPump, ...bridge }, { now }, { ...base, ...bridge }).devices.find((one) => one.device === 'bridge')!;
  const held = ofBridge(now);
  t.is(`${held.kind} ${held.cause}`, 'hold HELD');
  t.regex(held.message, /is held at deployment 1, and .* held until 2026-06-02T08:00Z: sea trial/);
  t.is(ofBridge(Date.parse(hold.until)).kind, 'deploy');
  const over = compare({ ...base, ...bridge }, { now: Date.parse(hold.until) }).devices[0];
  t.is(over?.attributes[0]?.to, 'until 2026-06-02T08:00Z, which is over: sea trial');
});

const inWaves = (rollout: object): Files => ({
  ...newPump,
  'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'pump' }, { name: 'radio' }], { rollout }),
  'devices/mess.yaml': device('mess', { kind: 'ship', deck: '2' }, { keyFingerprint: keys[2]! }),
  'devices/crow.yaml': device('crow', { kind: 'ship', deck: '2' }, { keyFingerprint: keys[3]! }),
});

/** A commit that changes what ships run, of which three have keys. */
function planInWaves(rollout: object) {
  const next = inWaves(rollout);
  const before = { ...next, 'applications.yaml': base['applications.yaml']! };
  return { ...compare(next, {}, before), next };
}

test('what a fleet with waves gets otherwise goes wave by wave, and the first alone at once', (t) => {
  const waves = [
    { name: 'canary', limit: 1, soak: '10m' },
    { name: 'rest', approve: 'before' },
  ];
  const { devices, fleets } = planInWaves({ waves });
  const [ships] = fleets;
  t.deepEqual(
    ships?.rollout?.waves.map(({ name, devices, soakSeconds, approve }) => ({ name, devices, soakSeconds, approve })),
    [
      { name: 'canary', devices: 1, soakSeconds: 600, approve: undefined },
      { name: 'rest', devices: 3, soakSeconds: undefined, approve: 'before' },
    ],
  );
  const inCanary = devices.filter(({ wave }) => wave === 'canary');
  t.is(ships?.rollout?.atOnce, inCanary.length);
  t.deepEqual(
    devices.map(({ device, wave }) => [device, wave !== undefined]),
    [
      ['bridge', true],
      ['crow', true],
      ['engine', false],
      ['mess', true],
    ],
  );
});

test('a budget lets so many of a group go at once, and those that it does not group', (t) => {
  const rollout = { budget: { groupBy: 'deck', maxUnavailable: 1 } };
  t.is(planInWaves(rollout).fleets[0]?.rollout?.atOnce, 2);
  t.is(planInWaves({ waves: [{ name: 'all', approve: 'before' }] }).fleets[0]?.rollout?.atOnce, 0);
});

test('a yes is waited for only where one is asked for: not by a wave whose only device has no key', (t) => {
  const first = { name: 'first', selector: { matchLabels: { deck: 'engine' } } };
  const engine = { 'devices/engine.yaml': device('engine', { kind: 'ship', deck: 'engine' }) };
  const textWith = (more: object) => {
    const next = { ...inWaves({ waves: [{ ...first, ...more }, { name: 'rest' }] }), ...engine };
    return deployingText(compare(next, {}, { ...next, 'applications.yaml': base['applications.yaml']! }));
  };
  t.is(textWith({}), '3 devices get a deployment wave by wave');
  t.is(textWith({ approve: 'before' }), '3 devices get a deployment once somebody says yes, wave by wave');
});

test('what one device or site says otherwise goes to it at once, whatever waves its fleet has', (t) => {
  const before = inWaves({ waves: [{ name: 'canary', limit: 1 }] });
  const next = {
    ...before,
    'devices/crow.yaml': device('crow', { kind: 'ship' }, { keyFingerprint: keys[3]!, config: { a: 1 } }),
  };
  const { devices, fleets } = compare(next, {}, before);
  t.deepEqual(
    devices.map(({ device, wave }) => [device, wave]),
    [['crow', undefined]],
  );
  t.is(fleets[0]?.rollout, undefined);
});

test('a budget bounds what devices say otherwise too, but not what stops nothing', (t) => {
  const budget = { groupBy: 'deck', maxUnavailable: 1 };
  const before = inWaves({ budget });
  const config = { a: 1 };
  const moored = (name: string, key: number) =>
    device(name, { kind: 'ship', deck: '2' }, { keyFingerprint: keys[key]!, config });
  const both = compare(
    { ...before, 'devices/mess.yaml': moored('mess', 2), 'devices/crow.yaml': moored('crow', 3) },
    {},
    before,
  );
  t.like(both.fleets[0], { deploying: 2, rollout: undefined, bounded: { budget, atOnce: 1 } });
  t.is(deployingText(both), '1 device gets a deployment at once, 1 more when its group has room');
  const windows = { activate: [{ cron: '0 2 * * *', duration: '4h' }] };
  const ships = fleet('ships', { kind: 'ship' }, [{ name: 'pump' }, { name: 'radio' }], {
    rollout: { budget },
    windows,
  });
  const quiet = compare({ ...before, 'fleets/ships.yaml': ships }, {}, before);
  t.like(quiet.fleets[0], { deploying: 3, bounded: { atOnce: 3 } });
  t.is(deployingText(quiet), '3 devices get a deployment at once');
});

test('what takes the place of a rollout says so, and what goes back to what was good has no waves', (t) => {
  const next = inWaves({ waves: [{ name: 'canary', limit: 1 }] });
  const before = { ...next, 'applications.yaml': base['applications.yaml']! };
  const hashes = [before, next].map((files) => definitionOf(desiredFrom(files), 'ships')!.hash) as [string, string];
  const ships = (state: KnownRollout['state'], good: string) => {
    const rolloutOf = () => ({ number: 7, state, target: hashes[0], good });
    return compare(next, { rolloutOf }, before).fleets[0]!;
  };
  t.is(ships('halted', 'older').rollout?.supersedes, 7);
  t.is(ships('done', 'older').rollout?.supersedes, undefined);
  const back = ships('running', hashes[1]);
  t.deepEqual([back.rollout, back.endsRollout, back.deploying], [undefined, 7, 3]);
});

test('a hold at a release is planned with what it brings at once, and what else its fleet brings when all others have it', (t) => {
  const at = (pump: string) => ({
    'devices/bridge.yaml': device(
      'bridge',
      { kind: 'ship' },
      { keyFingerprint: keys[0]!, hold: { releases: { pump }, reason: 'sea trial' } },
    ),
  });
  const inWaves = (radio: string) => ({
    'applications.yaml': [application('pump', '1.0.0'), application('radio', radio)].join('---\n'),
    'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'pump' }, { name: 'radio' }], { rollout: {} }),
    'devices/engine.yaml': device('engine', { kind: 'ship' }, { keyFingerprint: keys[2]! }),
  });
  const before = { ...base, ...inWaves('1.0.0') };
  const put = compare({ ...before, ...at('1.1.0') }, {}, before);
  t.like(put.devices, {
    length: 1,
    0: { kind: 'deploy', applications: [{ name: 'pump', from: '1.0.0', to: '1.1.0', settings: false }] },
  });
  t.like(put.devices[0]?.attributes[0], { name: 'hold', to: 'at pump 1.1.0: sea trial' });
  t.is(put.devices[0]?.comesLast, undefined);
  t.deepEqual(
    put.devices[0]?.fetches.map(({ release }) => release.sha256),
    [sha256Of('pump/1.1.0')],
  );
  const pinned = { ...before, ...at('1.1.0') };
  const other = compare({ ...pinned, ...inWaves('1.1.0') }, {}, pinned);
  const [bridge, , engine] = other.devices;
  t.like(bridge, { device: 'bridge', kind: 'deploy', comesLast: true });
  t.is(bridge?.wave, undefined);
  t.like(engine, { device: 'engine', kind: 'deploy', wave: 'rest' });
  t.regex(deployingText(other), /, 1 more, held at releases, when all others have it$/);
  const passedBy = compare({ ...pinned, 'applications.yaml': newPump['applications.yaml']! }, {}, pinned);
  t.like(passedBy.devices[0], { device: 'bridge', kind: 'hold', cause: 'HELD', fetches: [] });
  t.regex(passedBy.devices[0]?.message ?? '', /^is held at pump 1\.1\.0: sea trial; /);
});
