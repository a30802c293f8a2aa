/** From a revision's files to what devices fetch: the seam that the reconciling loop holds. */
import { sha256Hex } from '../../artifact/trust/tuf/trusted.ts';
import type { Clock } from '../../platform/ports.ts';
import type { Problem } from '../../schemas/generated/types.ts';
import type { Catalogue, CataloguedRelease } from '../manifests/desired.ts';
import { type ArtifactStore, deltaKey, type Needed } from './artifact-store.ts';
import { checkRelease, judgeRelease } from './check-release.ts';
import type { OnlineMetadata } from './online-metadata.ts';
import { releaseFile } from './release-path.ts';
import { deltaPairs, type ReleaseDemand, type SmallerWays } from './smaller-ways.ts';
import { isTrustFile, type TrustFiles } from './trust-files.ts';
import { type VerifiedTrust, verifyTrust } from './verify-trust.ts';

/** A revision as this room sees it: blob ids by path. */
export interface PublishedTree {
  readonly files: ReadonlyMap<string, string>;
}

/** The bytes of a blob of the repository. */
export type ReadBlob = (id: string) => Promise<Uint8Array>;

export interface PublisherParts {
  readonly clock: Clock;
  readonly store: ArtifactStore;
  readonly online: OnlineMetadata;
  readonly ways: SmallerWays;
}

/** A minute costs a fleet less than a module that travels whole where a delta would have done. */
const holdBackMsMax = 60_000;

/** More trust files than this are no fleet's. */
const trustFilesMax = 4096;

export class RepositoryPublisher {
  readonly #parts: PublisherParts;
  #trust: { readonly key: string; readonly trust: VerifiedTrust } | undefined;
  #inForce: VerifiedTrust | undefined;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /** The releases that a revision's signed metadata names, and all that is wrong with metadata or release files. */
  async judge(
    tree: PublishedTree,
    readBlob: ReadBlob,
  ): Promise<{ readonly catalogue: Catalogue; readonly problems: Problem[] }> {
    const verified = await this.#verify(tree, readBlob);
    if ('problems' in verified) return { catalogue: new Map(), problems: [...verified.problems] };
    const { trust } = verified;
    const problems = this.#parts.online.judge(trust);
    for (const release of trust.releases.values()) {
      if (this.#parts.store.has(release.sha256)) continue;
      const problem = judgeRelease(release, await readRelease(tree, readBlob, release));
      if (problem !== undefined) problems.push(problem);
    }
    return { catalogue: trust.releases, problems };
  }

  /**
   * Makes all that the devices of a judged revision may fetch available; durable when it resolves. It waits a while for
   * smaller ways, so that devices that are told at once do not take the large ones.
   */
  async publish(tree: PublishedTree, catalogue: Catalogue, readBlob: ReadBlob, demand: ReleaseDemand): Promise<void> {
    const { store, online, clock, ways } = this.#parts;
    const verified = await this.#verify(tree, readBlob);
    if ('problems' in verified) throw new Error(`published without being judged: ${verified.problems[0]?.message}`);
    store.put(verified.trust.deploymentKeys.bytes);
    for (const release of catalogue.values()) {
      const bytes = store.has(release.sha256) ? store.read(release.sha256) : await readRelease(tree, readBlob, release);
      if (bytes === undefined || checkRelease(release, bytes) !== undefined) {
        throw new Error(`published without being judged: ${releaseFile(release)}`);
      }
      store.addRelease(release, bytes);
    }
    online.publish(verified.trust, clock.now());
    this.#inForce = verified.trust;
    const patience = new AbortController();
    const prepared = ways.prepare(catalogue, demand).finally(() => patience.abort());
    await Promise.race([prepared, clock.sleep(holdBackMsMax, patience.signal).catch(() => {})]);
  }

  /** After a restart: what was judged is in force, and ways that were not made before the stop are made beside everything. */
  resume(catalogue: Catalogue, demand: ReleaseDemand): void {
    this.#inForce = this.#trust?.trust;
    void this.#parts.ways.prepare(catalogue, demand);
  }

  /**
   * Frees what neither the revision in force needs nor, by the caller's word, any device: releases that devices run or were
   * told to run, envelopes that they may still fetch; and deltas that nobody demands. Returns how many files went.
   */
  collect(alsoNeeded: Omit<Needed, 'deltas'>, demand: ReleaseDemand): number {
    if (this.#inForce === undefined) return 0;
    const { releases, deploymentKeys } = this.#inForce;
    const pairs = deltaPairs(releases, demand).map(({ base, release }) => deltaKey(base.sha256, release.sha256));
    return this.#parts.store.collect({
      deltas: new Set(pairs),
      releases: new Set([...alsoNeeded.releases, ...releases.keys()]),
      blobs: new Set([...alsoNeeded.blobs, sha256Hex(deploymentKeys.bytes)]),
    });
  }

  async #verify(
    tree: PublishedTree,
    readBlob: ReadBlob,
  ): Promise<{ readonly trust: VerifiedTrust } | { readonly problems: readonly Problem[] }> {
    const paths = [...tree.files.keys()].filter(isTrustFile).sort();
    if (paths.length > trustFilesMax) {
      const message = `trust/ holds ${paths.length} files, at most ${trustFilesMax} are read`;
      return { problems: [{ file: 'trust', code: 'TRUST_TOO_LARGE', message }] };
    }
    const key = JSON.stringify(paths.map((path) => [path, tree.files.get(path)]));
    if (this.#trust?.key === key) return this.#trust;
    const files = new Map<string, Uint8Array>();
    for (const path of paths) files.set(path, await readBlob(tree.files.get(path)!));
    const verified = verifyTrust(files satisfies TrustFiles);
    if ('trust' in verified) this.#trust = { key, trust: verified.trust };
    return verified;
  }
}

async function readRelease(
  { files }: PublishedTree,
  readBlob: ReadBlob,
  release: CataloguedRelease,
): Promise<Uint8Array | undefined> {
  const blob = files.get(releaseFile(release));
  return blob === undefined ? undefined : readBlob(blob);
}
