/** What the follower of a branch stands on: the other rooms as it sees them. */
import type { Clock, Log } from '../../platform/ports.ts';
import type { RevisionStatus, SourceStatus } from '../../schemas/generated/types.ts';
import type { Catalogue, CataloguedRelease, DesiredFleet } from '../manifests/desired.ts';
import type { FleetTree } from '../manifests/fleet-tree.ts';
import type { Needed } from '../publishing/artifact-store.ts';
import type { Price } from '../publishing/fetch-price.ts';
import type { PricedFetches } from '../publishing/fetch-prices.ts';
import type { PublisherJudgement } from '../publishing/publisher.ts';
import type { ReleaseDemand } from '../publishing/release-demand.ts';
import type { Source } from '../source/source.ts';
import type { BlobCache } from '../state/blob-cache.ts';
import type { JudgedPlace } from './judged-place.ts';
import type { ReadBlob } from './manifest-reader.ts';
import type { RevisionTree } from './revision-in-force.ts';

/** The repository as the loop sees it. */
export type RevisionSource = Pick<Source, 'location' | 'branch' | 'poll' | 'changes' | 'trailers' | 'readBlob'>;

/** Releases and signed metadata as the loop sees them. */
export interface Publisher {
  /** The releases that a revision's trust metadata names, or what is wrong with it. */
  judge(tree: RevisionTree, readBlob: ReadBlob): Promise<PublisherJudgement>;
  /** The bytes of a release that was judged. */
  readModule(tree: FleetTree, readBlob: ReadBlob, release: CataloguedRelease): Promise<Uint8Array | undefined>;
  /** What devices pay for the modules that they lack, by device. */
  priceFetches(...fetches: PricedFetches): Promise<ReadonlyMap<string, readonly Price[]>>;
  /** The releases of a revision that was in force before a restart. */
  recall(tree: RevisionTree, readBlob: ReadBlob): Promise<Catalogue>;
  /** Makes all that a judged revision's devices may fetch available; durable when it resolves. */
  publish(tree: RevisionTree, catalogue: Catalogue, readBlob: ReadBlob, demand: ReleaseDemand): Promise<void>;
  /** Takes up what was judged and published before a restart. */
  resume(catalogue: Catalogue, demand: ReleaseDemand): void;
  /** Frees what neither the revision in force nor any device needs; resolves with how many files went. */
  collect(alsoNeeded: Omit<Needed, 'deltas'>, demand: ReleaseDemand): Promise<number>;
  /** Whether a file that is served is as it was written, where that is known. */
  isRight(file: string, bytes: Uint8Array | undefined): boolean;
  /** The bytes of a blob are not those of its name: it is put or made again. */
  mend(file: string, demand: ReleaseDemand, envelope: string | undefined): Promise<boolean>;
}

/** A revision that was found valid and comes into force. */
export interface Adoption {
  readonly revision: RevisionStatus;
  readonly source: SourceStatus;
  readonly desired: DesiredFleet;
  /** Devices whose desired state came, went or differs. */
  readonly affected: ReadonlySet<string>;
}

/** Who remembers what the follower finds. */
export interface Memory {
  /** What was in force and known of the repository when the controller stopped. */
  readonly revision: RevisionStatus | undefined;
  readonly source: SourceStatus | undefined;
  /** A commit that an operator took and that is not in force yet. */
  readonly accepted: string | undefined;
  /** Durable when it resolves; counts until the next adoption. */
  accept(revision: string): Promise<void>;
  /** What was in force is in force again. */
  resume(revision: string, desired: DesiredFleet): Promise<void>;
  /** Durable when it resolves. */
  adopt(adoption: Adoption): Promise<void>;
  /** What is known of the repository. */
  note(source: SourceStatus): void;
}

export interface BranchFollowerParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly source: RevisionSource;
  readonly publisher: Publisher;
  readonly cache: BlobCache;
  readonly judged: JudgedPlace;
  readonly memory: Memory;
  /** Releases that the fleets ask for, and those that devices run or were told to run, as `NAME/VERSION`. */
  readonly demand: (desired: DesiredFleet) => ReleaseDemand;
}
