import { sha256Hex } from '../../../schemas/sha256.ts';
import type { ReleaseName } from '../release-path.ts';
import { AuthoringError } from './authoring-error.ts';
import { sbomFile } from './beside-release.ts';
import { type ComponentRange, isInRange } from './component-range.ts';
import { type ListedRelease, listReleases } from './list-releases.ts';
import { type Component, readSbom } from './sbom.ts';
import { readWorkFile, type WorkTree } from './work-tree.ts';

/** A release that has components that were asked for. */
export interface ReleaseWith extends ReleaseName {
  readonly components: readonly Component[];
}

/** What the bills of a repository's releases say to a question. */
export interface FoundComponents {
  readonly releases: readonly ReleaseWith[];
  /** Releases of whose parts nothing is known. */
  readonly silent: readonly ReleaseName[];
}

/** The bill as it was signed. Throws `AuthoringError`: who asks for a component must not miss one. */
function signedSbom(tree: WorkTree, release: ListedRelease): readonly Component[] {
  const file = sbomFile(release);
  const bytes = readWorkFile(tree, file);
  if (bytes !== undefined && sha256Hex(bytes) === release.sbom) return readSbom(bytes, file);
  const seen = bytes === undefined ? 'is not in the repository' : 'is not the one that was signed';
  throw new AuthoringError('SBOM_INVALID', `${file} ${seen}: restore it with git`);
}

/** Which releases of a work tree have it. Throws `AuthoringError`. */
export function findComponent(tree: WorkTree, range: ComponentRange): FoundComponents {
  const listed = listReleases(tree);
  const releases = listed.flatMap((release) => {
    if (release.sbom === undefined) return [];
    const components = signedSbom(tree, release).filter((component) => isInRange(component, range));
    return components.length === 0 ? [] : [{ name: release.name, version: release.version, components }];
  });
  return { releases, silent: listed.filter(({ sbom }) => sbom === undefined) };
}
