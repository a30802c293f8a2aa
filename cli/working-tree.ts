/** The files of a fleet repository as they lie in a directory, committed or not. */

import type { OddKind } from '../controller/manifests/fleet-tree.ts';
import { isManifestPath } from '../controller/manifests/manifest-path.ts';
import { passedOver } from '../controller/manifests/passed-over.ts';
import { isTrustFile } from '../controller/publishing/trust-files.ts';
import { fleetIgnoreFile, ignoreNothing, parseFleetIgnore } from '../controller/source/fleet-ignore.ts';
import type { Disk } from '../platform/ports.ts';
import type { Problem } from '../schemas/generated/types.ts';

/** Bytes by path relative to the directory. */
export type WorkingTree = ReadonlyMap<string, Uint8Array>;

/** Manifests and signed metadata, and what is not read although somebody may think so. */
export interface TreeSnapshot {
  readonly tree: WorkingTree;
  readonly warnings: readonly Problem[];
}

/** True for the files that a snapshot holds. */
export function isSnapshotFile(path: string): boolean {
  return isManifestPath(path) || isTrustFile(path);
}

/** Directories that hold no part of a fleet repository, however much they hold. */
function isPassedOver(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules';
}

/**
 * Reads a directory as a commit of it would be read, as far as its bytes alone tell. Symbolic links are passed over, because
 * a commit holds only the name of what they lead to and the controller follows none. Throws `DiskError` where it may not look.
 */
export function readWorkingTree(disk: Disk, directory: string): TreeSnapshot {
  const tree = new Map<string, Uint8Array>();
  const odd = new Map<string, OddKind>();
  const paths: string[] = [];
  const ignoreFile = `${directory}/${fleetIgnoreFile}`;
  const hasIgnore = disk.stat(ignoreFile)?.kind === 'file';
  const isIgnored = hasIgnore ? parseFleetIgnore(disk.readFile(ignoreFile)) : ignoreNothing;
  const walk = (prefix: string): void => {
    for (const name of disk.list(`${directory}/${prefix}`)) {
      const path = `${prefix}${name}`;
      const { kind, isLink } = disk.stat(`${directory}/${path}`) ?? {};
      if (isPassedOver(name) && kind === 'directory') continue;
      if (isLink) odd.set(path, 'link');
      else if (kind === 'directory') walk(`${path}/`);
      else if (kind === 'file' && !isIgnored(path)) paths.push(path);
    }
  };
  walk('');
  for (const path of paths.filter(isSnapshotFile)) tree.set(path, disk.readFile(`${directory}/${path}`));
  return { tree, warnings: passedOver(odd, paths) };
}
