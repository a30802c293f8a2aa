import { type ReleaseName, releaseFile, targetPath } from '../release-path.ts';
import { roleFile } from '../trust-files.ts';
import { AuthoringError } from './authoring-error.ts';
import { removeBeside } from './beside-release.ts';
import { keyFile } from './key-files.ts';
import { nextRole, readRole } from './role-file.ts';
import type { Announce } from './sign-file.ts';
import { roleSigners } from './signers.ts';
import { rememberSigned, requireStanding } from './standing.ts';
import { removeWorkFile, type WorkTree, writeWorkFile } from './work-tree.ts';

export interface RemoveReleaseOptions extends ReleaseName {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Told what is about to be signed, before it is. */
  readonly announce: Announce;
}

/**
 * Takes a release out of the metadata of its application's role, signed at once, and its file, with what lies beside it, out of
 * the repository. Whether a
 * manifest still names it is for the caller to ask.
 */
export function removeRelease(tree: WorkTree, { name, version, now, announce }: RemoveReleaseOptions): void {
  const path = targetPath({ name, version });
  const role = readRole(tree, name);
  const { [path]: removed, ...targets } = (role?.signed.toJSON().targets ?? {}) as Record<string, object>;
  if (removed === undefined) {
    throw new AuthoringError('RELEASE_UNKNOWN', `${roleFile(name)} names no release ${version}: nothing was removed`);
  }
  if (roleSigners(tree, name).length === 0) {
    const message = `removing a release of ${name} is signed by its release key, which is not at ${keyFile(`release-${name}`)}: nothing was removed`;
    throw new AuthoringError('KEY_MISSING', message);
  }
  requireStanding(tree, [name], { ground: 'itself', now });
  // The metadata before the file that it names: what is signed is there.
  writeWorkFile(tree, roleFile(name), nextRole(tree, { name, role, targets, now, announce }));
  removeWorkFile(tree, releaseFile({ name, version }));
  removeBeside(tree, { name, version });
  rememberSigned(tree, announce);
}
