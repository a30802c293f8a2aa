/** From a revision's files to what devices fetch: the seam that the reconciling loop holds. */

import { nothingSha256 } from '../../artifact/delta/from-nothing.ts';
import { deploymentKeysPath } from '../../artifact/trust/deployment-keys.ts';
import { InOrder } from '../../platform/in-order.ts';
import type { Clock } from '../../platform/ports.ts';
import type { Problem } from '../../schemas/generated/types.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import type { End } from '../expiry/end.ts';
import type { Catalogue, CataloguedRelease } from '../manifests/desired.ts';
import type { ArtifactStore, Needed } from './artifact-store.ts';
import { checkRelease, judgeRelease } from './check-release.ts';
import { fetchPrices, type PricedFetches } from './fetch-prices.ts';
import { ArtifactError } from './files/artifact-files.ts';
import { type JudgedTrust, judgeTrust } from './judge-trust.ts';
import type { OnlineMetadata } from './online-metadata.ts';
import { publishedNames } from './published-names.ts';
import { demandedDeltas, type ReleaseDemand } from './release-demand.ts';
import { releaseFile } from './release-path.ts';
import type { SmallerWays } from './smaller-ways.ts';
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

/** Where the releases of a revision are read. */
interface Origin {
  readonly tree: PublishedTree;
  readonly readBlob: ReadBlob;
  readonly catalogue: Catalogue;
}

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
  /** Where the releases of the revision in force come from. */
  #origin: Origin | undefined;
  readonly #mending = new Map<string, Promise<boolean>>();
  /** Nothing is taken away while it is made available. */
  readonly #changes = new InOrder();

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /** The releases that a revision's signed metadata names, and all that is wrong with metadata or release files. */
  async judge(tree: PublishedTree, readBlob: ReadBlob): Promise<PublisherJudgement> {
    const { online, store, clock } = this.#parts;
    const judged = await this.#judgeTrust(tree, readBlob);
    if (judged.kind === 'refused') return { catalogue: new Map(), problems: judged.problems, notes: [] };
    const { trust, notes } = judged;
    const problems = await online.judge(trust, clock.now());
    const published = await online.published();
    const isLost = published.size > 0 && publishedNames(published, trust.roots) === undefined;
    for (const release of trust.releases.values()) {
      if (await store.holds(release)) continue;
      const problem = judgeRelease(release, await readRelease(tree, readBlob, release));
      if (problem !== undefined) problems.push(problem);
    }
    return { catalogue: trust.releases, problems, notes: isLost ? [...notes, releaseNamesLost] : notes };
  }

  /** The bytes of a release that was judged; undefined where they are in neither place. */
  async readModule(
    tree: PublishedTree,
    readBlob: ReadBlob,
    release: CataloguedRelease,
  ): Promise<Uint8Array | undefined> {
    const { store } = this.#parts;
    const held = (await store.holds(release)) ? await store.intact(release.sha256) : undefined;
    return held ?? (await readRelease(tree, readBlob, release));
  }

  /** What devices pay for the modules that they lack, as `fleet plan` prices them; nothing is published for it. */
  priceFetches(...[readModule, releases, devices]: PricedFetches): ReturnType<typeof fetchPrices> {
    return fetchPrices(readModule, releases, devices, this.#parts.ways.makers);
  }

  /**
   * The releases of a revision that was in force before a restart. Where what was published can't be read now, as the tree has
   * them: devices go on being known meanwhile.
   */
  async recall(tree: PublishedTree, readBlob: ReadBlob): Promise<Catalogue> {
    const judged = await this.#judgeTrust(tree, readBlob).catch(async (error: unknown) => {
      if (!(error instanceof ArtifactError)) throw error;
      const ofTree = await this.#judgeTrust(tree, readBlob, new Map());
      this.#judged = undefined;
      return ofTree;
    });
    if (judged.kind === 'refused') return new Map();
    this.#origin = { tree, readBlob, catalogue: judged.trust.releases };
    return judged.trust.releases;
  }

  /**
   * Makes all that the devices of a judged revision may fetch available; durable when it resolves. It waits a while for
   * smaller ways, so that devices that are told at once do not take the large ones.
   */
  async publish(tree: PublishedTree, catalogue: Catalogue, readBlob: ReadBlob, demand: ReleaseDemand): Promise<void> {
    const { store, online, clock, ways } = this.#parts;
    const trust = await this.#judgedTrust(tree, readBlob);
    await this.#changes.run(async () => {
      await store.put(trust.deploymentKeys.bytes);
      await this.#addReleases({ tree, readBlob, catalogue });
      await online.publish(trust, clock.now());
      this.#inForce = trust;
      this.#origin = { tree, readBlob, catalogue };
    });
    const patience = new AbortController();
    const prepared = ways.prepare(catalogue, demand).finally(() => patience.abort());
    await Promise.race([prepared, clock.sleep(holdBackMsMax, patience.signal).catch(() => {})]);
  }

  async #addReleases({ tree, readBlob, catalogue }: Origin): Promise<void> {
    const { store } = this.#parts;
    for (const release of catalogue.values()) {
      if ((await store.holds(release)) && (await store.index(release))?.sha256 === release.sha256) continue;
      const bytes = await this.readModule(tree, readBlob, release);
      if (bytes === undefined || checkRelease(release, bytes) !== undefined) {
        throw new Error(`published without being judged: ${releaseFile(release)}`);
      }
      await store.addRelease(release, bytes);
    }
  }

  /** Whether a file that is served is as it was written here, where that is known. */
  isRight(file: string, bytes: Uint8Array | undefined): boolean {
    const { online, store } = this.#parts;
    const [folder] = file.split('/', 1);
    return folder === 'tuf' ? online.isRight(file.slice('tuf/'.length), bytes) : store.isRightIndex(file, bytes);
  }

  /**
   * The bytes of a file were found to be others, or gone: it is put again from the repository, or made again, where it came from
   * there, or as the envelope it is. Resolves with whether it is there again, or being made; what nobody knows of costs nothing.
   */
  mend(file: string, demand: ReleaseDemand, envelope: string | undefined): Promise<boolean> {
    const sha256 = file.startsWith('sha256/') ? file.slice('sha256/'.length) : undefined;
    if (sha256 !== undefined && envelope === undefined && !this.#knows(sha256)) return Promise.resolve(false);
    // A fleet asks for the same file at once.
    const begun = this.#mending.get(file);
    if (begun !== undefined) return begun;
    const work = (): Promise<boolean> =>
      sha256 === undefined ? this.#rewrite(file) : this.#mendBlob(sha256, demand, envelope);
    const done = this.#changes.run(work).finally(() => this.#mending.delete(file));
    this.#mending.set(file, done);
    return done;
  }

  async #mendBlob(sha256: string, demand: ReleaseDemand, envelope: string | undefined): Promise<boolean> {
    const { store, ways } = this.#parts;
    const wasMade = await store.distrust(sha256);
    if (envelope !== undefined) await store.put(new TextEncoder().encode(envelope));
    if (this.#inForce !== undefined) await store.put(this.#inForce.deploymentKeys.bytes);
    if (this.#origin !== undefined) {
      await this.#addReleases(this.#origin);
      void ways.prepare(this.#origin.catalogue, demand);
    }
    return wasMade || (await store.intact(sha256)) !== undefined;
  }

  /** Signed metadata, or the index of a release. */
  async #rewrite(file: string): Promise<boolean> {
    const { store, online, clock } = this.#parts;
    if (file.startsWith('releases/')) await store.rewriteIndex(file);
    else if (this.#inForce !== undefined) {
      await online.publish(this.#inForce, clock.now());
      await online.rewrite(this.#inForce);
    } else return false;
    return true;
  }

  /** Whether a blob is or was made of what the revision in force has. */
  #knows(sha256: string): boolean {
    if (this.#parts.store.names(sha256)) return true;
    const keys = this.#inForce?.deploymentKeys.bytes;
    if (keys !== undefined && sha256Hex(keys) === sha256) return true;
    return [...(this.#origin?.catalogue.values() ?? [])].some((release) => release.sha256 === sha256);
  }

  /** After a restart: what was judged is in force, and ways that were not made before the stop are made beside everything. */
  resume(catalogue: Catalogue, demand: ReleaseDemand): void {
    this.#inForce = this.#judged?.trust;
    if (this.#inForce !== undefined) this.#parts.online.resume(this.#inForce);
    void this.#parts.ways.prepare(catalogue, demand);
  }

  /**
   * Frees what neither the revision in force needs nor, by the caller's word, any device: releases that devices run or were
   * told to run, envelopes that they may still fetch; and deltas that nobody demands. Resolves with how many files went.
   */
  collect(alsoNeeded: Omit<Needed, 'deltas'>, demand: ReleaseDemand): Promise<number> {
    return this.#changes.run(async () => {
      // What could not be read after a restart may be there by now.
      if (this.#origin !== undefined)
        this.#inForce ??= await this.#judgedTrust(this.#origin.tree, this.#origin.readBlob);
      if (this.#inForce === undefined) return 0;
      const { releases, deploymentKeys } = this.#inForce;
      return this.#parts.store.collect({
        deltas: demandedDeltas(releases, demand),
        releases: new Set([...alsoNeeded.releases, ...releases.keys()]),
        blobs: new Set([...alsoNeeded.blobs, sha256Hex(deploymentKeys.bytes), nothingSha256]),
      });
    });
  }

  /** When the metadata in force ends. */
  ends(): End[] {
    return [...(this.#inForce === undefined ? [] : trustEnds(this.#inForce)), ...this.#parts.online.ends()];
  }

  /** What was published, with the deployment keys, which lie among the artifacts. */
  async #published(): Promise<TrustFiles> {
    const { online, store } = this.#parts;
    const files = await online.published();
    const bytes = files.get(targetsFile);
    const sha256 = bytes && online.reader.read(bytes, 'targets').signed.targets[deploymentKeysPath]?.hashes.sha256;
    const keys = sha256 === undefined ? undefined : await store.intact(sha256);
    return keys === undefined ? files : new Map([...files, [deploymentKeysFile, keys]]);
  }

  async #judgeTrust(tree: PublishedTree, readBlob: ReadBlob, published?: TrustFiles): Promise<JudgedTrust> {
    const entries = trustEntries(tree);
    if (entries.length > trustFilesMax) {
      const message = `trust/ holds ${entries.length} files, at most ${trustFilesMax} are read`;
      return { kind: 'refused', problems: [{ file: 'trust', code: 'TRUST_TOO_LARGE', message }] };
    }
    const blobs = new Map<string, Uint8Array>();
    const files = new Map<string, Uint8Array>();
    for (const [path, id] of entries) {
      const bytes = this.#blobs.get(id) ?? (await readBlob(id));
      blobs.set(id, bytes);
      files.set(path, bytes);
    }
    this.#blobs = blobs;
    const judged = judgeTrust(files, published ?? (await this.#published()), this.#parts.online.reader);
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

const releaseNamesLost: Problem = {
  file: 'releases',
  code: 'RELEASE_NAMES_LOST',
  message:
    "there is no record here, signed by this controller, of the releases that were in force before: one that was taken out and comes again with other bytes is not noticed here. The record begins anew with this revision; `fleet release add` holds what it signs against git's history",
};

/** By path. Among all files each may lie in a page of its own, which would have to be read. */
function trustEntries({ trustFiles }: PublishedTree): (readonly [path: string, id: string])[] {
  return [...trustFiles].filter(([path]) => isTrustFile(path)).sort(([one], [other]) => (one < other ? -1 : 1));
}

function keyOf(tree: PublishedTree): string {
  return JSON.stringify(trustEntries(tree));
}

async function readRelease(
  { files }: PublishedTree,
  readBlob: ReadBlob,
  release: CataloguedRelease,
): Promise<Uint8Array | undefined> {
  const blob = files.get(releaseFile(release));
  return blob === undefined ? undefined : readBlob(blob);
}
