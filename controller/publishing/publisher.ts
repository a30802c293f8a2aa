/** From a revision's files to what devices fetch: the seam that the reconciling loop holds. */
import { deploymentKeysPath } from '../../artifact/trust/deployment-keys.ts';
import { sha256Hex } from '../../artifact/trust/tuf/trusted.ts';
import type { Clock } from '../../platform/ports.ts';
import type { Problem } from '../../schemas/generated/types.ts';
import type { End } from '../expiry/end.ts';
import type { Catalogue, CataloguedRelease } from '../manifests/desired.ts';
import { type ArtifactStore, deltaKey, type Needed } from './artifact-store.ts';
import { checkRelease, judgeRelease } from './check-release.ts';
import { type JudgedTrust, judgeTrust } from './judge-trust.ts';
import type { OnlineMetadata } from './online-metadata.ts';
import { releaseFile } from './release-path.ts';
import { deltaPairs, type ReleaseDemand, type SmallerWays } from './smaller-ways.ts';
import { trustEnds } from './trust-ends.ts';
import { deploymentKeysFile, isTrustFile, type TrustFiles, targetsFile } from './trust-files.ts';
import type { VerifiedTrust } from './verify-trust.ts';

/** A revision as this room sees it: blob ids by path. */
export interface PublishedTree {
  readonly files: ReadonlyMap<string, string>;
  /** Of these, all that `isTrustFile`. */
  readonly trustFiles: ReadonlyMap<string, string>;
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

/** What a revision's signed metadata and release files come to. */
export interface PublisherJudgement {
  readonly catalogue: Catalogue;
  readonly problems: readonly Problem[];
  /** What is otherwise than the revision has it, and no reason to refuse it. */
  readonly notes: readonly Problem[];
}

export class RepositoryPublisher {
  readonly #parts: PublisherParts;
  /** Trust files by blob id: the same arrays for the same content, which is then judged once. */
  #blobs: ReadonlyMap<string, Uint8Array> = new Map();
  /** What the newest trees came to. */
  #judged: { readonly key: string; readonly trust: VerifiedTrust } | undefined;
  #inForce: VerifiedTrust | undefined;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /** The releases that a revision's signed metadata names, and all that is wrong with metadata or release files. */
  async judge(tree: PublishedTree, readBlob: ReadBlob): Promise<PublisherJudgement> {
    const { online, store, clock } = this.#parts;
    const judged = await this.#judgeTrust(tree, readBlob);
    if (judged.kind === 'refused') return { catalogue: new Map(), problems: judged.problems, notes: [] };
    const { trust, notes } = judged;
    const problems = online.judge(trust, clock.now());
    for (const release of trust.releases.values()) {
      if (store.holds(release)) continue;
      const problem = judgeRelease(release, await readRelease(tree, readBlob, release));
      if (problem !== undefined) problems.push(problem);
    }
    return { catalogue: trust.releases, problems, notes };
  }

  /** The bytes of a release that was judged; undefined where they are in neither place. */
  async readModule(
    tree: PublishedTree,
    readBlob: ReadBlob,
    release: CataloguedRelease,
  ): Promise<Uint8Array | undefined> {
    const { store } = this.#parts;
    return store.holds(release) ? store.read(release.sha256) : await readRelease(tree, readBlob, release);
  }

  /**
   * Makes all that the devices of a judged revision may fetch available; durable when it resolves. It waits a while for
   * smaller ways, so that devices that are told at once do not take the large ones.
   */
  async publish(tree: PublishedTree, catalogue: Catalogue, readBlob: ReadBlob, demand: ReleaseDemand): Promise<void> {
    const { store, online, clock, ways } = this.#parts;
    const trust = await this.#judgedTrust(tree, readBlob);
    store.put(trust.deploymentKeys.bytes);
    for (const release of catalogue.values()) {
      if (store.holds(release) && store.index(release)?.sha256 === release.sha256) continue;
      const bytes = await this.readModule(tree, readBlob, release);
      if (bytes === undefined || checkRelease(release, bytes) !== undefined) {
        throw new Error(`published without being judged: ${releaseFile(release)}`);
      }
      store.addRelease(release, bytes);
    }
    online.publish(trust, clock.now());
    this.#inForce = trust;
    const patience = new AbortController();
    const prepared = ways.prepare(catalogue, demand).finally(() => patience.abort());
    await Promise.race([prepared, clock.sleep(holdBackMsMax, patience.signal).catch(() => {})]);
  }

  /** After a restart: what was judged is in force, and ways that were not made before the stop are made beside everything. */
  resume(catalogue: Catalogue, demand: ReleaseDemand): void {
    this.#inForce = this.#judged?.trust;
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

  /** When the metadata in force ends. */
  ends(): End[] {
    return [...(this.#inForce === undefined ? [] : trustEnds(this.#inForce)), ...this.#parts.online.ends()];
  }

  /** What was published, with the deployment keys, which lie among the artifacts. */
  #published(): TrustFiles {
    const { online, store } = this.#parts;
    const files = online.published();
    const bytes = files.get(targetsFile);
    const sha256 = bytes && online.reader.read(bytes, 'targets').signed.targets[deploymentKeysPath]?.hashes.sha256;
    if (sha256 === undefined || !store.has(sha256)) return files;
    return new Map([...files, [deploymentKeysFile, store.read(sha256)]]);
  }

  async #judgeTrust(tree: PublishedTree, readBlob: ReadBlob): Promise<JudgedTrust> {
    const paths = trustPaths(tree);
    if (paths.length > trustFilesMax) {
      const message = `trust/ holds ${paths.length} files, at most ${trustFilesMax} are read`;
      return { kind: 'refused', problems: [{ file: 'trust', code: 'TRUST_TOO_LARGE', message }] };
    }
    const blobs = new Map<string, Uint8Array>();
    const files = new Map<string, Uint8Array>();
    for (const path of paths) {
      const id = tree.files.get(path)!;
      const bytes = this.#blobs.get(id) ?? (await readBlob(id));
      blobs.set(id, bytes);
      files.set(path, bytes);
    }
    this.#blobs = blobs;
    const judged = judgeTrust(files, this.#published(), this.#parts.online.reader);
    if (judged.kind === 'prevails') this.#judged = { key: keyOf(tree), trust: judged.trust };
    return judged;
  }

  async #judgedTrust(tree: PublishedTree, readBlob: ReadBlob): Promise<VerifiedTrust> {
    if (this.#judged?.key === keyOf(tree)) return this.#judged.trust;
    const judged = await this.#judgeTrust(tree, readBlob);
    if (judged.kind === 'refused') throw new Error(`published without being judged: ${judged.problems[0]?.message}`);
    return judged.trust;
  }
}

function trustPaths({ trustFiles }: PublishedTree): string[] {
  return [...trustFiles.keys()].filter(isTrustFile).sort();
}

function keyOf(tree: PublishedTree): string {
  return JSON.stringify(trustPaths(tree).map((path) => [path, tree.files.get(path)]));
}

async function readRelease(
  { files }: PublishedTree,
  readBlob: ReadBlob,
  release: CataloguedRelease,
): Promise<Uint8Array | undefined> {
  const blob = files.get(releaseFile(release));
  return blob === undefined ? undefined : readBlob(blob);
}
