/**
 * What is in force where a tree brings older signed metadata than was published: the newest, file by file. Devices refuse to go
 * back to an older version, so a `git revert` takes back manifests and no signatures.
 */
import type { Targets } from '@tufjs/models';
import { deploymentKeysPath } from '../../artifact/trust/deployment-keys.ts';
import type { Problem } from '../../schemas/generated/types.ts';
import { ifReadable } from './if-readable.ts';
import { deploymentKeysFile, roleFile, rootVersionOf, type TrustFiles, targetsFile } from './trust-files.ts';
import type { TrustReader } from './trust-reader.ts';

/** Files to judge in a tree's stead, and a word for each that is not the tree's. */
export interface PrevailingTrust {
  readonly files: TrustFiles;
  readonly kept: readonly Problem[];
}

/** Lays what was published over a tree wherever it is newer. Judges nothing: neither side needs to verify. */
export function prevailingTrust(tree: TrustFiles, published: TrustFiles, reader: TrustReader): PrevailingTrust {
  const files = new Map(tree);
  const kept: Problem[] = [];
  const newestRoot = Math.max(0, ...[...tree.keys()].map((path) => rootVersionOf(path) ?? 0));
  // A tree without any root is no fleet's: nothing is laid over it.
  if (newestRoot === 0) return { files, kept };
  const keep = (path: string, version: number, before: number | undefined) => {
    files.set(path, published.get(path)!);
    kept.push(keptNote(path, version, before));
  };
  for (const path of published.keys()) {
    const version = rootVersionOf(path);
    if (version !== undefined && version > newestRoot) keep(path, version, newestRoot);
  }
  const keepIfNewer = (path: string, name: string): boolean => {
    const ours = versionOf(published.get(path), name, reader);
    const theirs = versionOf(tree.get(path), name, reader);
    if (ours === undefined || theirs === undefined || ours.version <= theirs.version) return false;
    keep(path, ours.version, theirs.version);
    return true;
  };
  const areTargetsKept = keepIfNewer(targetsFile, 'targets');
  const targets = versionOf(files.get(targetsFile), 'targets', reader);
  const deploymentKeys = published.get(deploymentKeysFile);
  if (areTargetsKept && deploymentKeys !== undefined && targets?.targets[deploymentKeysPath] !== undefined) {
    files.set(deploymentKeysFile, deploymentKeys);
  }
  for (const name of Object.keys(targets?.delegations?.roles ?? {})) {
    const path = roleFile(name);
    const ours = published.get(path);
    if (!areTargetsKept || files.has(path) || ours === undefined) keepIfNewer(path, name);
    else keep(path, versionOf(ours, name, reader)?.version ?? 0, undefined);
  }
  return { files, kept };
}

/** What can be read of a file; what cannot is left to whoever judges. */
function versionOf(bytes: Uint8Array | undefined, name: string, reader: TrustReader): Targets | undefined {
  return bytes && ifReadable(() => reader.read(bytes, name).signed);
}

function keptNote(file: string, version: number, before: number | undefined): Problem {
  const brought = before === undefined ? 'does not have this file' : `brings version ${before}`;
  const message = `the tree ${brought}; version ${version} was published and stays in force, for devices refuse to go back. Manifests are taken as they are`;
  return { file, code: 'TRUST_KEPT', message };
}
