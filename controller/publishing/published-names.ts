/** Whose record of releases counts. Pure. */
import type { Root } from '@tufjs/models';
import type { PublicKey } from '../../artifact/trust/keys.ts';
import type { MetadataFile } from '../../artifact/trust/tuf/metadata.ts';
import { rootDelegation } from '../../artifact/trust/tuf/root.ts';
import { trustedKey } from '../../artifact/trust/tuf/signatures.ts';
import { type ReleaseNames, readReleaseNames, releaseNamesFile } from './release-names.ts';
import { rootVersionOf, type TrustFiles } from './trust-files.ts';

function snapshotKeys({ signed }: MetadataFile<Root>): PublicKey[] {
  const delegation = rootDelegation(signed, 'snapshot');
  return delegation.role.keyIDs.flatMap((keyId) => trustedKey(delegation, keyId, 'the record of releases') ?? []);
}

/**
 * The snapshot keys of the root that was published last and of those after it, of verified ones: a key that is replaced counts
 * until the root that replaces it is published, for by then the record is signed anew.
 */
export function recordSigners(roots: readonly MetadataFile<Root>[], published: Iterable<number>): PublicKey[] {
  const newest = Math.max(0, ...published);
  const last = Math.min(newest, roots.at(-1)!.signed.version);
  return roots.filter(({ signed }) => signed.version >= last).flatMap(snapshotKeys);
}

/** The record among published files, by a chain of verified roots; undefined where there is none that counts. */
export function publishedNames(published: TrustFiles, roots: readonly MetadataFile<Root>[]): ReleaseNames | undefined {
  const bytes = published.get(releaseNamesFile);
  const versions = [...published.keys()].flatMap((path) => rootVersionOf(path) ?? []);
  return bytes && readReleaseNames(bytes, recordSigners(roots, versions));
}
