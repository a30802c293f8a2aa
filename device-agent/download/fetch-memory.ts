import type { DownloadReport, Progress, ReleaseIndex } from '../../schemas/generated/types.ts';
import type { Aside } from '../neighbours/aside.ts';

/** An index, or that there was none, and when it was asked for on the monotonic clock. */
export interface KnownIndex {
  readonly index?: ReleaseIndex;
  readonly askedAt: number;
}

/** Bytes of the form in which a module travels. */
export interface ModuleProgress {
  readonly done: number;
  readonly total: number;
}

/** What the attempts at one deployment have come to know so far: plain data, which outlives the process that fetches. */
export interface FetchMemory {
  /** Whether the signed releases agreed with the deployment in an earlier attempt. */
  readonly hasAgreed: boolean;
  /** Bytes that travelled, by the digest of the module they were for. */
  readonly bytes: Readonly<Record<string, number>>;
  /** How modules arrived, by the path of their release. */
  readonly reports: Readonly<Record<string, DownloadReport>>;
  /** Indexes that were asked for, by the path of a release, so that a cut costs no more than the rest of the download. */
  readonly indexes: Readonly<Record<string, KnownIndex>>;
  /** How far each module is that was missing at the start, by digest. */
  readonly progress: Readonly<Record<string, ModuleProgress>>;
  /** Digests of packed forms that did not unpack, or whose unpacking this device did not survive. */
  readonly spoilt: readonly string[];
  /** Units of work that deltas to a module have taken so far, by its digest: all of them share one budget. */
  readonly work: Readonly<Record<string, number>>;
  /** How often the server was too busy for a form, or had no sound index, by digest or by the path of the release. */
  readonly busy: Readonly<Record<string, number>>;
  /** When a parcel was let hang, on the monotonic clock. */
  readonly parcelHungAt?: number;
  /** Neighbours that are asked for nothing for a while. */
  readonly aside?: readonly Aside[];
  /** Interfaces over which nothing came, and until when others are tried before them, on the monotonic clock. */
  readonly exitsAside?: Readonly<Record<string, number>>;
  /** How long neighbours held modules up, by digest. */
  readonly delayedMs?: Readonly<Record<string, number>>;
}

/** Before the first attempt. */
export const nothingFetched: FetchMemory = {
  ...{ hasAgreed: false, bytes: {}, reports: {}, indexes: {}, progress: {}, spoilt: [], work: {}, busy: {} },
};

/** How far it is, over all modules that were missing at the start. */
export function progressOf({ progress }: Pick<FetchMemory, 'progress'>): Progress {
  const parts = Object.values(progress);
  return {
    bytesDone: parts.reduce((sum, { done }) => sum + done, 0),
    bytesTotal: parts.reduce((sum, { total }) => sum + total, 0),
  };
}
