import type { Problem } from '../../../schemas/generated/types.ts';
import { sha256Hex } from '../../../schemas/sha256.ts';
import { expiryStatus } from '../../expiry/end.ts';
import { judgeRelease } from '../check-release.ts';
import { parseTargetPath, releaseFile } from '../release-path.ts';
import { trustEnds } from '../trust-ends.ts';
import { type VerifiedTrust, verifyTrust } from '../verify-trust.ts';
import { releaseBeside, sbomFile } from './beside-release.ts';
import { listReleases } from './list-releases.ts';
import { listWorkFolder, readTrustFiles, readWorkFile, type WorkTree } from './work-tree.ts';

/** What `verifyRepository` found. */
export interface Verification {
  /** Nothing that a device would accept or fetch is wrong when there are none. */
  readonly problems: readonly Problem[];
  /** Releases whose signatures, length and digest were checked. */
  readonly releases: number;
}

/** Checks everything at the time `now`: signatures, thresholds, expiry, and every release file by length and digest. */
export function verifyRepository(tree: WorkTree, now: number): Verification {
  const verified = verifyTrust(readTrustFiles(tree));
  if ('problems' in verified) return { problems: verified.problems, releases: 0 };
  const { trust } = verified;
  const problems = [...expired(trust, now), ...unsignedFiles(tree, trust)];
  for (const release of trust.releases.values()) {
    const problem = judgeRelease(release, readWorkFile(tree, releaseFile(release)));
    if (problem !== undefined) problems.push(problem);
  }
  problems.push(...wrongSboms(tree));
  return { problems, releases: trust.releases.size };
}

/** Bills of what releases are made of that are not those that were signed. */
function wrongSboms(tree: WorkTree): Problem[] {
  return listReleases(tree).flatMap((release) => {
    if (release.sbom === undefined) return [];
    const file = sbomFile(release);
    const bytes = readWorkFile(tree, file);
    if (bytes !== undefined && sha256Hex(bytes) === release.sbom) return [];
    const seen = bytes === undefined ? 'the file is not in the repository' : 'the file has another SHA-256';
    return [{ file, code: 'RELEASE_SBOM_MISMATCH', message: `it is signed, but ${seen}; restore it with git` }];
  });
}

function expired(trust: VerifiedTrust, now: number): Problem[] {
  return trustEnds(trust)
    .filter(({ expiresAt }) => expiresAt <= now)
    .map((end) => ({ file: end.subject, code: 'TRUST_EXPIRED', message: expiryStatus(end, now)!.message }));
}

/** Files that lie among the releases and that no metadata names: they can never be deployed. */
function unsignedFiles(tree: WorkTree, { releases }: VerifiedTrust): Problem[] {
  return listWorkFolder(tree, 'releases').flatMap((name) =>
    listWorkFolder(tree, `releases/${name}`).flatMap((file) => {
      const release = parseTargetPath(`${name}/${releaseBeside(file)}`);
      if (release !== undefined && releases.has(`${name}/${release.version}`)) return [];
      const message = 'no signed metadata names this file; `fleet release add` does';
      return [{ file: `releases/${name}/${file}`, code: 'RELEASE_UNSIGNED', message }];
    }),
  );
}
