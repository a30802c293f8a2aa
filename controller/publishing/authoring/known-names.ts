/**
 * What a name and version meant before, as the controller's record and git's history know it: the controller refuses a release that
 * comes again with other bytes, and its record may be lost where git's history is not.
 */
import type { Root, Targets } from '@tufjs/models';
import type { MetadataFile } from '../../../artifact/trust/tuf/metadata.ts';
import { meetsThreshold } from '../../../artifact/trust/tuf/signatures.ts';
import { delegationOf } from '../../../artifact/trust/tuf/targets.ts';
import { publishedNames } from '../published-names.ts';
import { type ReleaseName, releaseFile, targetPath } from '../release-path.ts';
import { AuthoringError } from './authoring-error.ts';
import { knownStates } from './newest-known.ts';
import { type SignableFile, signableFiles } from './signers.ts';
import type { WorkTree } from './work-tree.ts';

/** What it meant, and who says so. */
interface Meaning {
  readonly where: string;
  readonly sha256: string | undefined;
}

/** Refuses a release whose name and version were signed before, by those who sign them now, for other bytes. */
export function requireSameMeaning(tree: WorkTree, release: ReleaseName, sha256: string): void {
  const isOther = (before: Meaning): boolean => before.sha256 !== undefined && before.sha256 !== sha256;
  const [root, targets] = signableFiles(tree) as [SignableFile, SignableFile];
  // What was signed here and given up before anybody had it may be signed otherwise.
  const { known = [] } = tree;
  const recorded = known.map(({ where, files }): Meaning => {
    const names = publishedNames(files, [root.file as MetadataFile<Root>]);
    return { where, sha256: names?.get(`${release.name}/${release.version}`) };
  });
  const signers = delegationOf(targets.file.signed as Targets, release.name);
  const signed = knownStates(known, release.name).filter(({ where, file }) => {
    const before = { where, sha256: file.signed.targets[targetPath(release)]?.hashes.sha256 };
    return isOther(before) && signers !== undefined && meetsThreshold(signers, file);
  });
  const where = (recorded.find(isOther) ?? signed[0])?.where;
  if (where === undefined) return;
  const message = `${releaseFile(release)} had other content before (${where}); a release never changes, give this one a new version. Nothing was signed`;
  throw new AuthoringError('VERSION_TAKEN', message);
}
