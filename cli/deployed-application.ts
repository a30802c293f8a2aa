/** One application's manifest as a device would be told of it: judged and drawn by the very planner, for a device made up. Pure. */
import { applyChanges } from '../controller/manifests/apply-changes.ts';
import type { CataloguedRelease } from '../controller/manifests/desired.ts';
import { locateProblems } from '../controller/manifests/locate-problems.ts';
import { emptyManifestState } from '../controller/manifests/manifest-state.ts';
import { parseManifestFile } from '../controller/manifests/parse-file.ts';
import type { Application, DeployedApplication } from '../schemas/generated/types.ts';
import { CommandError } from './command.ts';
import { renderProblem } from './render/problems.ts';

/** A file with the manifest of an application. */
export interface ManifestFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Who it is run as: fleet, site and device of this name. */
const here = 'here';
const apiVersion = 'fleet/v1alpha1';

/** The only application of a file. Throws `CommandError` where there is none, or more than one. */
export function applicationIn({ path, bytes }: ManifestFile): Application {
  const { manifests, problems, broken } = parseManifestFile(bytes);
  const found = manifests.flatMap(({ manifest }) => (manifest.kind === 'Application' ? [manifest] : []));
  if (problems.length > 0 || broken.length > 0) {
    const located = problems.map((problem) => renderProblem({ file: path, ...problem }));
    throw new CommandError(`nothing was run:\n${located.join('\n')}`);
  }
  const [application, ...others] = found;
  if (application !== undefined && others.length === 0) return application;
  throw new CommandError(`${path} holds ${found.length} applications; --app takes a file with one`);
}

/** What the made-up repository holds besides: the device, where it is, and secrets with no copy. */
function surroundings({ metadata, spec }: Application, labels: Readonly<Record<string, string>>): readonly object[] {
  const manifest = (kind: string, name: string, of: object) => ({ apiVersion, kind, metadata: { name }, spec: of });
  return [
    manifest('Site', here, {}),
    { apiVersion, kind: 'Device', metadata: { name: here, labels }, spec: { site: here } },
    manifest('Fleet', here, { selector: {}, applications: [{ name: metadata.name }] }),
    ...(spec.secrets ?? []).map((name) => manifest('Secret', name, { copies: {} })),
  ];
}

/** What a device with these labels would be told. Throws `CommandError` with every problem of the manifest. */
export function deployedApplication(
  file: ManifestFile,
  modules: readonly CataloguedRelease[],
  labels: Readonly<Record<string, string>>,
): DeployedApplication {
  const application = applicationIn(file);
  const files = new Map([
    [file.path, file.bytes],
    ...surroundings(application, labels).map(
      (one, index) => [`made-up/${index}.yaml`, Buffer.from(JSON.stringify(one))] as const,
    ),
  ]);
  const changes = [...files].map(([path, bytes]) => ({ path, file: parseManifestFile(bytes) }));
  const catalogue = new Map(modules.map((module) => [`${module.name}/${module.version}`, module]));
  const applied = applyChanges(emptyManifestState, changes, catalogue);
  if (applied.kind === 'refused') {
    const located = locateProblems(applied, (path) => files.get(path));
    throw new CommandError(`nothing was run:\n${located.map(renderProblem).join('\n')}`);
  }
  return applied.state.desiredDevices.get(here)!.template.applications[0]!;
}
