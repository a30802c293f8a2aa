import { checkRelease } from '../check-release.ts';
import { type ReleaseName, releaseFile } from '../release-path.ts';
import { AuthoringError } from './authoring-error.ts';
import { listReleases } from './list-releases.ts';
import { readWorkFile, type WorkTree } from './work-tree.ts';

/** The file of a release that metadata of the work tree names, if it is as it says there. */
export function readRelease(tree: WorkTree, { name, version }: ReleaseName): Uint8Array {
  const listed = listReleases(tree).find((one) => one.name === name && one.version === version);
  if (listed === undefined) {
    const message = `no metadata names a release ${name} ${version}; \`fleet release list\` shows those there are`;
    throw new AuthoringError('RELEASE_UNKNOWN', message);
  }
  const bytes = readWorkFile(tree, releaseFile(listed));
  const problem = checkRelease(listed, bytes);
  if (problem === undefined && bytes !== undefined) return bytes;
  throw new AuthoringError('RELEASE_UNKNOWN', `${problem?.message}; restore ${releaseFile(listed)} with git`);
}
