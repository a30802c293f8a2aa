/** Small fleet repositories for tests: manifests as text, and what the manifests room makes of them. */
import { createHash } from 'node:crypto';
import { dump } from 'js-yaml';
import { applyChanges } from '../../../controller/manifests/apply-changes.ts';
import type { Catalogue, DesiredFleet } from '../../../controller/manifests/desired.ts';
import type { FileChange } from '../../../controller/manifests/draft.ts';
import { locateProblems } from '../../../controller/manifests/locate-problems.ts';
import { desiredOf, emptyManifestState, type ManifestState } from '../../../controller/manifests/manifest-state.ts';
import { parseManifestFile } from '../../../controller/manifests/parse-file.ts';
import type {
  ApplicationSpec,
  DeviceSpec,
  FleetApplication,
  FleetSpec,
  Problem,
  SiteSpec,
} from '../../../schemas/generated/types.ts';

/** Files by path. */
export type Files = Readonly<Record<string, string>>;

function manifest(
  kind: string,
  name: string,
  labels: Readonly<Record<string, string>> | undefined,
  spec: object,
): string {
  const metadata = { name, ...(labels === undefined ? {} : { labels }) };
  return dump({ apiVersion: 'fleet/v1alpha1', kind, metadata, spec });
}

export function application(name: string, release: string, rest: Omit<ApplicationSpec, 'release'> = {}): string {
  return manifest('Application', name, undefined, { release, ...rest });
}

export function fleet(
  name: string,
  matchLabels: Readonly<Record<string, string>>,
  applications: readonly FleetApplication[],
  rest: Partial<FleetSpec> = {},
): string {
  return manifest('Fleet', name, undefined, { selector: { matchLabels }, applications, ...rest });
}

export function site(name: string, spec: SiteSpec = {}): string {
  return manifest('Site', name, undefined, spec);
}

export function device(name: string, labels: Readonly<Record<string, string>>, spec: DeviceSpec = {}): string {
  return manifest('Device', name, labels, spec);
}

/** Releases 1.0.0 and 1.1.0 of three applications. */
export const catalogue: Catalogue = new Map(
  ['pump', 'radio', 'log'].flatMap((name) =>
    ['1.0.0', '1.1.0'].map((version) => {
      const sha256 = createHash('sha256').update(`${name}/${version}`).digest('hex');
      return [`${name}/${version}`, { name, version, sha256, length: 1000 }] as const;
    }),
  ),
);

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function changesOf(files: Files): FileChange[] {
  return Object.entries(files).map(([path, text]) => ({ path, file: parseManifestFile(bytesOf(text)) }));
}

/** The state of a repository that is expected to be right. */
export function stateOf(files: Files): ManifestState {
  const applied = applyChanges(emptyManifestState, changesOf(files), catalogue);
  if (applied.kind === 'refused')
    throw new Error(JSON.stringify([...applied.problems, ...applied.findings], undefined, 2));
  return applied.state;
}

export function desiredFrom(files: Files): DesiredFleet {
  return desiredOf(stateOf(files));
}

/** The warnings of a repository, right or not. */
export function warningsOf(files: Files): Problem[] {
  const { warnings } = applyChanges(emptyManifestState, changesOf(files), catalogue);
  return locateProblems({ problems: [], findings: warnings }, (file) => bytesOf(files[file]!));
}

/** The problems of a repository that is expected to have some. */
export function problemsOf(files: Files): Problem[] {
  const applied = applyChanges(emptyManifestState, changesOf(files), catalogue);
  if (applied.kind === 'accepted') throw new Error('the repository has no problem');
  return locateProblems(applied, (file) => bytesOf(files[file]!));
}

/** Two ships at work, and a spare device that no fleet selects. */
export const harbor = {
  'apps/pump.yaml': application('pump', '1.0.0', {
    config: { rate: 1, where: { unit: 'bar', name: '${device.name}' } },
  }),
  'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'pump' }], { config: { rate: 2 } }),
  'sites/aurora.yaml': site('aurora', { config: { where: { deck: 3 } } }),
  'devices/bridge.yaml': device('bridge', { kind: 'ship' }, { site: 'aurora' }),
  'devices/engine.yaml': device('engine', { kind: 'ship' }, { config: { rate: 9 } }),
  'devices/spare.yaml': device('spare', { kind: 'spare' }),
};
