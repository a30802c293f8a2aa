/** Whether signed metadata may follow what was published before: versions only grow, and neither they nor releases change content. */
import type { MetadataFile } from '../../artifact/trust/tuf/metadata.ts';
import { readRoot } from '../../artifact/trust/tuf/root.ts';
import type { Problem } from '../../schemas/generated/types.ts';
import { ifReadable } from './if-readable.ts';
import { publishedNames } from './published-names.ts';
import { judgeReleaseNames } from './release-names.ts';
import { rootFile, rootVersionOf, signedFile, type TrustFiles } from './trust-files.ts';
import type { TrustReader } from './trust-reader.ts';
import { targetsFiles, type VerifiedTrust } from './verify-trust.ts';

/** All that keeps this metadata from being published after that. */
export function judgeSuccession(trust: VerifiedTrust, published: TrustFiles, reader: TrustReader): Problem[] {
  return [
    ...judgeRoots(trust, published),
    ...targetsFiles(trust).flatMap(([name, file]) => {
      const path = signedFile(name);
      const bytes = published.get(path);
      const before = bytes && ifReadable(() => reader.read(bytes, name));
      return judgeFile(path, file, before);
    }),
    ...judgeReleaseNames(trust.releases, publishedNames(published, trust.roots) ?? new Map()),
  ];
}

function judgeRoots({ roots }: VerifiedTrust, published: TrustFiles): Problem[] {
  const problems = roots.flatMap((root) => {
    const path = rootFile(root.signed.version);
    const bytes = published.get(path);
    const before = bytes === undefined ? undefined : ifReadable(() => readRoot(bytes));
    return before === undefined || sameSigned(before, root) ? [] : [reused(path, root.signed.version)];
  });
  const newest = roots.at(-1)!.signed.version;
  const lost = [...published.keys()].map((path) => rootVersionOf(path) ?? 0).filter((version) => version > newest);
  return lost.length === 0 ? problems : [...problems, rolledBack(rootFile(newest), newest, Math.max(...lost))];
}

function judgeFile(path: string, file: Versioned, before: Versioned | undefined): Problem[] {
  if (before === undefined || before === file) return [];
  const { version } = file.signed;
  if (version > before.signed.version) return [];
  if (version < before.signed.version) return [rolledBack(path, version, before.signed.version)];
  return sameSigned(before, file) ? [] : [reused(path, version)];
}

type Versioned = MetadataFile<{ readonly version: number }>;

function sameSigned(one: MetadataFile<unknown>, other: MetadataFile<unknown>): boolean {
  return Buffer.from(one.signedBytes).equals(other.signedBytes);
}

function rolledBack(file: string, version: number, before: number): Problem {
  const message = `version ${before} was published and cannot go on together with this tree; devices refuse version ${version}. Give it a higher version: \`fleet release sign --renew\` with the name of the role`;
  return { file, code: 'TRUST_ROLLBACK', message };
}

function reused(file: string, version: number): Problem {
  const message = `version ${version} was published with other content; a change needs a version of its own: \`fleet release sign --renew\` with the name of the role gives it one`;
  return { file, code: 'TRUST_VERSION_REUSED', message };
}
