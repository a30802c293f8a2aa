/** Random edits of a small fleet repository, right ones and wrong ones. */
import fc from 'fast-check';
import type { ManifestState } from '../../../controller/manifests/manifest-state.ts';
import type { FleetRollout, FleetSpec } from '../../../schemas/generated/types.ts';
import { application, changesOf, device, type Files, fleet, site } from './fleet-fixture.ts';

const names = {
  application: ['pump', 'radio', 'log'],
  device: ['d1', 'd2', 'd3', 'd4', 'd5', 'd6'],
  site: ['s1', 's2'],
};
const labels = fc.record(
  { kind: fc.constantFrom('ship', 'truck'), zone: fc.constantFrom('a', 'b') },
  { requiredKeys: ['kind'] },
);
const config = fc.option(
  fc.dictionary(
    fc.constantFrom('rate', 'where', 'unit'),
    fc.constantFrom<unknown>(1, 2, { x: 1 }, { y: '${device.name}' }, '${device.labels.zone}', '${site.name}'),
  ),
  { nil: undefined },
);
const version = fc.constantFrom('1.0.0', '1.0.0', '1.1.0', '9.9.9');

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<T>;
}

/** One file with its new text; undefined removes it. */
type Edit = readonly [path: string, text: string | undefined];

const applicationEdit = fc
  .tuple(fc.constantFrom(...names.application), version, config)
  .map(([name, release, layer]): Edit => [`apps/${name}.yaml`, application(name, release, defined({ config: layer }))]);
const deviceEdit = fc
  .tuple(
    fc.constantFrom(...names.device),
    labels,
    fc.option(fc.constantFrom(...names.site), { nil: undefined }),
    config,
    fc.option(fc.dictionary(fc.constantFrom('pump', 'radio'), version, { minKeys: 1 }), { nil: undefined, freq: 2 }),
  )
  .map(
    ([name, own, place, layer, releases]): Edit => [
      `devices/${name}.yaml`,
      device(
        name,
        own as Record<string, string>,
        defined({ site: place, config: layer, hold: releases && { releases, reason: 'a trial' } }),
      ),
    ],
  );
const siteEdit = fc
  .tuple(fc.constantFrom(...names.site), config)
  .map(([name, layer]): Edit => [`sites/${name}.yaml`, site(name, defined({ config: layer }))]);
/** A rollout that asks its devices for a label, or for a site. */
function rolloutOf(groupBy: string | undefined, zone: string | undefined): Pick<FleetSpec, 'rollout'> {
  if (groupBy === undefined && zone === undefined) return {};
  const waves: FleetRollout['waves'] =
    zone === undefined ? undefined : [{ name: 'first', selector: { matchLabels: { zone } } }];
  const budget = groupBy === undefined ? undefined : { groupBy, maxUnavailable: 1 };
  return { rollout: defined({ waves, budget }) };
}

const fleetEdit = fc
  .tuple(
    fc.constantFrom('ship', 'truck'),
    fc.option(fc.constantFrom('a', 'b'), { nil: undefined, freq: 8 }),
    fc.uniqueArray(
      fc.record({ name: fc.constantFrom(...names.application), release: version }, { requiredKeys: ['name'] }),
      { selector: ({ name }) => name },
    ),
    config,
    fc.option(fc.constantFrom('site', 'zone'), { nil: undefined }),
    fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
  )
  .map(
    ([kind, zone, applications, layer, groupBy, first]): Edit => [
      `fleets/${kind}.yaml`,
      fleet(
        kind,
        defined({ kind, zone }) as Record<string, string>,
        applications,
        defined({ config: layer, ...rolloutOf(groupBy, first) }),
      ),
    ],
  );
const oddEdit = fc.constantFrom<Edit>(
  ['apps/twin.yaml', application('pump', '1.0.0')],
  ['apps/twin.yaml', undefined],
  ['devices/bad.yaml', '\tno'],
  ['devices/bad.yaml', undefined],
  ['fleets/everything.yaml', fleet('everything', {}, [])],
  ['fleets/everything.yaml', undefined],
);
const removal = fc
  .constantFrom(
    ...names.device.map((name) => `devices/${name}.yaml`),
    ...names.site.map((name) => `sites/${name}.yaml`),
    'apps/log.yaml',
    'fleets/truck.yaml',
  )
  .map((path): Edit => [path, undefined]);
/** What a commit edits. */
export const commit = fc.array(
  fc.oneof({ weight: 4, arbitrary: deviceEdit }, applicationEdit, siteEdit, fleetEdit, oddEdit, removal),
  { minLength: 1, maxLength: 4 },
);

/** A repository that is right, so that walks have good revisions to start from. */
export const start: Files = {
  'apps/pump.yaml': application('pump', '1.0.0'),
  'apps/radio.yaml': application('radio', '1.0.0'),
  'apps/log.yaml': application('log', '1.0.0'),
  'devices/d1.yaml': device('d1', { kind: 'ship', zone: 'a' }, { site: 's1' }),
  'devices/d2.yaml': device('d2', { kind: 'truck', zone: 'b' }, { site: 's2' }),
  'fleets/ship.yaml': fleet('ship', { kind: 'ship' }, [{ name: 'pump' }]),
  'fleets/truck.yaml': fleet('truck', { kind: 'truck' }, [{ name: 'radio' }]),
  'sites/s1.yaml': site('s1'),
  'sites/s2.yaml': site('s2'),
};

/** A state as plain data. Which device is remembered as the one that meets a demand depends on what came before. */
export function plain({ witnesses, ...state }: ManifestState): unknown {
  const met = Array.from(witnesses, ([fleet, names]) => [fleet, names.map((name) => name !== '')] as const);
  return Object.fromEntries(
    Object.entries({ ...state, met: new Map(met) }).map(([key, value]) => [
      key,
      [...(value as ReadonlyMap<string, unknown>)].map(([name, entry]) => [
        name,
        entry instanceof Map || typeof (entry as { keys?: unknown }).keys === 'function'
          ? [...(entry as ReadonlyMap<string, unknown>).keys()]
          : entry,
      ]),
    ]),
  );
}

/** Files after a commit. */
export function edited(files: Files, edits: readonly Edit[]): Files {
  const result: Record<string, string> = { ...files };
  for (const [path, text] of edits) {
    if (text === undefined) delete result[path];
    else result[path] = text;
  }
  return result;
}

/** What differs between two revisions, parsed. */
export function changesBetween(before: Files, after: Files) {
  const removed = Object.keys(before)
    .filter((path) => !Object.hasOwn(after, path))
    .map((path) => ({ path, file: undefined }));
  const changed = Object.fromEntries(Object.entries(after).filter(([path, text]) => before[path] !== text));
  return [...removed, ...changesOf(changed)];
}
