/** Which files of a fleet repository are manifests, or may be. */
import type { FileChange } from './draft.ts';

/** Top-level directories that hold signed metadata and modules, not manifests. */
const otherRoom = /^(?:trust|releases)\//;

/** With or under a name that begins with a dot, or under `node_modules` or of that name. */
const aside = /(?:^|\/)(?:\.|node_modules(?:\/|$))/;

/** Folders, at any depth, where manifests live: what lies there and is YAML must be one. */
const home = /(?:^|\/)(?:applications|devices|fleets|secrets|sites)\//;

/** True where a file that is no manifest is a mistake. */
export function isManifestHome(path: string): boolean {
  return home.test(path);
}

/** True for files that manifests may be among, whatever their names end with. */
export function mayHoldManifests(path: string): boolean {
  return !otherRoom.test(path) && !aside.test(path);
}

/**
 * True for every `.yaml` and `.yml` file except under `trust/`, `releases/`, `node_modules/`, with or under a name that begins
 * with a dot, and except the configuration file `fleet.config.yaml`. Outside of the folders where manifests live it may still
 * be a stranger, such as a `docker-compose.yml`.
 */
export function isManifestPath(path: string): boolean {
  return /\.ya?ml$/.test(path) && !/(^|\/)fleet\.config\.ya?ml$/.test(path) && mayHoldManifests(path);
}

/** A changed file as far as it is ours: a stranger outside of the folders where manifests live holds nothing. */
export function ownChange(change: FileChange): FileChange {
  const { path, file } = change;
  if (file?.isStranger !== true || isManifestHome(path)) return change;
  return { path, file: { manifests: [], broken: [], problems: [] } };
}
