import type { Problem } from '../../../schemas/generated/types.ts';
import { judgeRelease } from '../check-release.ts';
import { parseTargetPath, releaseFile } from '../release-path.ts';
import { roleFile, rootFile, targetsFile } from '../trust-files.ts';
import { type VerifiedTrust, verifyTrust } from '../verify-trust.ts';
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
  return { problems, releases: trust.releases.size };
}

function expired({ roots, targets, roles }: VerifiedTrust, now: number): Problem[] {
  const root = roots.at(-1)!.signed;
  const files = [
    [rootFile(root.version), root.expires],
    [targetsFile, targets.signed.expires],
    ...[...roles].map(([name, { signed }]) => [roleFile(name), signed.expires]),
  ] as const;
  return files
    .filter(([, expires]) => !(Date.parse(expires!) > now))
    .map(([file, expires]) => ({
      file: file!,
      code: 'TRUST_EXPIRED',
      message: `expired ${expires}: devices install nothing new by it; \`fleet release sign --renew\` renews it`,
    }));
}

/** Files that lie among the releases and that no metadata names: they can never be deployed. */
function unsignedFiles(tree: WorkTree, { releases }: VerifiedTrust): Problem[] {
  return listWorkFolder(tree, 'releases').flatMap((name) =>
    listWorkFolder(tree, `releases/${name}`).flatMap((file) => {
      const release = parseTargetPath(`${name}/${file}`);
      if (release !== undefined && releases.has(`${name}/${release.version}`)) return [];
      const message = 'no signed metadata names this file; `fleet release add` does';
      return [{ file: `releases/${name}/${file}`, code: 'RELEASE_UNSIGNED', message }];
    }),
  );
}
