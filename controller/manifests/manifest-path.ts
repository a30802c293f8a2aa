/** Which files of a fleet repository are manifests. */

/** Top-level directories that hold signed metadata and modules, not manifests. */
const otherRooms = new Set(['trust', 'releases']);

/**
 * True for every `.yaml` and `.yml` file except under `trust/`, `releases/`, `node_modules/` and dot directories, and
 * except the configuration file `fleet.config.yaml`.
 */
export function isManifestPath(path: string): boolean {
  const segments = path.split('/');
  const file = segments.pop();
  if (file === undefined || !/\.ya?ml$/.test(file) || /^fleet\.config\.ya?ml$/.test(file)) return false;
  if (otherRooms.has(segments[0] ?? '')) return false;
  return !segments.some((segment) => segment.startsWith('.') || segment === 'node_modules');
}
