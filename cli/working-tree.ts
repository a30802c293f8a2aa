/** The files of a fleet repository as they lie in a directory, committed or not. */
import { isManifestPath } from '../controller/manifests/manifest-path.ts';
import type { Disk } from '../platform/ports.ts';

/** Bytes by path relative to the directory. */
export type WorkingTree = ReadonlyMap<string, Uint8Array>;

/** Directories that hold no part of a fleet repository, however much they hold. */
function isPassedOver(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules';
}

/**
 * Reads the manifests and the signed metadata below `directory`. Symbolic links are passed over, because a commit holds
 * only the name of what they lead to and the controller follows none. Throws `DiskError` where it may not look.
 */
export function readWorkingTree(disk: Disk, directory: string): WorkingTree {
  const files = new Map<string, Uint8Array>();
  const walk = (prefix: string): void => {
    for (const name of disk.list(`${directory}/${prefix}`)) {
      const path = `${prefix}${name}`;
      const { kind, isLink } = disk.stat(`${directory}/${path}`) ?? {};
      if (isLink) continue;
      if (kind === 'directory' && !isPassedOver(name)) walk(`${path}/`);
      const isWanted = isManifestPath(path) || (path.startsWith('trust/') && path.endsWith('.json'));
      if (kind === 'file' && isWanted) files.set(path, disk.readFile(`${directory}/${path}`));
    }
  };
  walk('');
  return files;
}
