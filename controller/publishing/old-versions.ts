import type { Pin } from '../../artifact/trust/tuf/trusted.ts';

/** Old versions of a file that are kept for devices in the middle of an update. */
const versionsKept = 16;

/** Of served metadata files, those that no device asks for any more; roots stay for ever. */
export function oldVersions(files: readonly string[], named: ReadonlyMap<string, Pin>): string[] {
  const versioned = files.filter((file) => /^\d+\..+\.json$/.test(file));
  const versions = Map.groupBy(versioned, (file) => file.replace(/^\d+\./, ''));
  return [...versions].flatMap(([name, all]) => {
    if (name === 'root.json') return [];
    const newestFirst = all.map((file) => Number.parseInt(file, 10)).sort((a, b) => b - a);
    const old = newestFirst.slice(versionsKept).filter((version) => version !== named.get(name)?.version);
    return old.map((version) => `${version}.${name}`);
  });
}
