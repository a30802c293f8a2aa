import type { Targets } from '@tufjs/models';
import { parseTargetPath, type ReleaseName, releaseFile } from '../release-path.ts';
import { readOrigin } from './beside-release.ts';
import { signableFiles } from './signers.ts';
import { readWorkFile, type WorkTree } from './work-tree.ts';

/** A release as the repository has it. */
export interface ListedRelease extends ReleaseName {
  readonly length: number;
  readonly sha256: string;
  readonly kind: string;
  readonly imports: readonly string[];
  /** Whether its file is in the work tree. */
  readonly present: boolean;
  /** What of a registry it was taken from. */
  readonly origin?: string;
  /** SHA-256 of the bill of what it is made of, as it was signed. */
  readonly sbom?: string;
}

/** All releases that metadata in the work tree names, by name and in the order in which they were added. */
export function listReleases(tree: WorkTree): ListedRelease[] {
  return signableFiles(tree)
    .slice(2)
    .flatMap(({ file }) => Object.entries((file.signed as Targets).targets))
    .flatMap(([path, { length, hashes, custom }]) => {
      const release = parseTargetPath(path);
      if (release === undefined) return [];
      const imports = Array.isArray(custom.imports) ? custom.imports.map(String) : [];
      const present = readWorkFile(tree, releaseFile(release)) !== undefined;
      const origin = readOrigin(tree, release);
      return [
        {
          ...{ ...release, length, sha256: hashes.sha256 ?? '', kind: String(custom.kind ?? ''), imports, present },
          ...(origin === undefined ? {} : { origin }),
          ...(typeof custom.sbom === 'string' ? { sbom: custom.sbom } : {}),
        },
      ];
    });
}
