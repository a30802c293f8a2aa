import { WorkBudget } from '../../artifact/delta/work.ts';
import type { Clock, Disk, Network } from '../../platform/ports.ts';
import type { DownloadReport, LinkedModule, ReleaseIndex, Way } from '../../schemas/generated/types.ts';
import { isReleaseIndex } from '../../schemas/generated/validators/release-index.js';
import { sha256Hex } from '../../schemas/sha256.ts';
import type { ModuleStore } from '../storage/module-store.ts';
import { DownloadError, isOfTheWay } from './download-error.ts';
import type { Parcel } from './parcel.ts';
import { bytesThere } from './partial-file.ts';
import type { Passage } from './passage.ts';
import { downloadBlob, keepBlob } from './range-download.ts';
import { type CountBytes, fetchSmallFile } from './small-file.ts';
import type { UnpackBudget } from './unpack-cost.ts';
import { affordableWays, isByDelta, methods, unpackWork, unpackWorkMax } from './ways.ts';

/** What bringing modules works with. */
export interface DownloadContext {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly network: Network;
  readonly store: ModuleStore;
  /** Where downloads under way are kept; must exist. */
  readonly partialDirectory: string;
  /** URL of the server of blobs and indexes, without a slash at its end. */
  readonly artifacts: string;
  readonly countBytes: CountBytes;
  /** What came along with the update that is being brought. */
  readonly parcel: Parcel;
  /** What modules may take of the links of this device. */
  readonly passage: Passage;
  readonly budget: UnpackBudget;
  /** Called with the digest of a packed form before it is unpacked, and without one when that is over. */
  unpacking(sha256?: string): void;
  /** Removes what nothing needs. */
  collect(): void;
}

/** The same for one module. */
export interface ModuleContext extends DownloadContext {
  /** It comes by a delta, or not at all. */
  readonly isDeltaOnly: boolean;
}

/** What unpacking forms of one module has come to, over all attempts. */
export interface Unpacking {
  /** Units of work that deltas have taken in earlier attempts. */
  readonly spent: number;
  onSpent(units: number): void;
  /** Called with the digest of a form that did not unpack: it will not the next time either. */
  onSpoilt(sha256: string): void;
  /** Called with the digest of a form that the server was too busy for; says whether that was so often that another may be tried. */
  onBusy(sha256: string): boolean;
}

/** Told how far one module is. */
export type Progress = (bytesDone: number, bytesTotal: number) => void;

const indexBytesMax = 64 * 1024;

/** Bytes that stay free on the disk, for the journal and for everybody else. */
const reserveBytes = 1024 * 1024;

/** The ways that the server offers for a release; undefined when it has no index. One that is none may be another the next time. */
export async function fetchIndex(
  context: DownloadContext,
  module: LinkedModule,
  signal: AbortSignal,
): Promise<ReleaseIndex | undefined> {
  const url = `${context.artifacts}/releases/${module.name}/${encodeURIComponent(module.version)}.json`;
  const there = context.parcel.take(`releases/${module.name}/${module.version}.json`);
  try {
    const bytes =
      there?.bytes ?? (await fetchSmallFile(context.network, url, indexBytesMax, context.countBytes, signal));
    return bytes === undefined ? undefined : parseIndex(url, bytes);
  } catch (error) {
    if (error instanceof DownloadError && error.code === 'SERVER_REFUSED') return undefined;
    throw error;
  }
}

function parseIndex(url: string, bytes: Uint8Array): ReleaseIndex {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw new DownloadError('ARTIFACT_DAMAGED', `${url} is no JSON`);
  }
  if (isReleaseIndex(value)) return value;
  throw new DownloadError('ARTIFACT_DAMAGED', `${url} is no index of a release`);
}

/** Sees to it that the module and what travels of it have room. */
export function requireRoom(context: DownloadContext, way: Way, module: LinkedModule): void {
  const { disk, store, partialDirectory } = context;
  const unpacked = way.method === 'whole' ? 0 : module.length;
  const there = bytesThere(disk, partialDirectory, way.sha256);
  const needed = Math.max(0, way.length - there) + unpacked + reserveBytes;
  const isEnough = (): boolean => disk.freeBytes(partialDirectory) >= needed;
  if (isEnough()) return;
  context.collect();
  for (const name of disk.list(partialDirectory)) {
    if (!name.startsWith(way.sha256)) disk.remove(`${partialDirectory}/${name}`);
  }
  if (isEnough()) return;
  const free = disk.freeBytes(store.pathOf(''));
  const message = `${module.name} ${module.version} needs ${needed} bytes of disk, ${free} are free`;
  throw new DownloadError('DISK_FULL', message);
}

/** Checks what was unpacked, and puts it where modules are; durable when it returns. */
function adoptUnpacked(context: DownloadContext, module: LinkedModule, bytes: Uint8Array): void {
  const { disk, store, partialDirectory } = context;
  const digest = sha256Hex(bytes);
  if (bytes.length !== module.length || digest !== module.sha256) {
    throw new DownloadError('ARTIFACT_DAMAGED', `${module.name} ${module.version} unpacks to another module`);
  }
  const path = `${partialDirectory}/${module.sha256}.unpacked`;
  {
    using file = disk.open(path, 'write');
    file.truncate(0);
    file.write(0, bytes);
    file.sync();
  }
  store.adopt(path, module.sha256);
}

function unpack(
  context: DownloadContext,
  module: LinkedModule,
  way: Way,
  packed: Uint8Array,
  work: WorkBudget,
): Uint8Array | undefined {
  try {
    context.unpacking(way.sha256);
    return methods[way.method].unpack?.(way, module, packed, context.store, work);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const what = `${module.name} ${module.version} by ${way.method}`;
    throw new DownloadError('ARTIFACT_DAMAGED', `${what} does not unpack: ${reason}`);
  } finally {
    context.unpacking();
  }
}

/** The bytes of a packed form that came along with the update. */
function cameAlong({ parcel }: DownloadContext, { method, sha256, length }: Way): Uint8Array | undefined {
  const bytes = methods[method].unpack && parcel.take(`sha256/${sha256}`)?.bytes;
  return bytes?.length === length && sha256Hex(bytes) === sha256 ? bytes : undefined;
}

/** Brings the module by one way, or throws. */
async function take(
  context: DownloadContext,
  module: LinkedModule,
  way: Way,
  work: WorkBudget,
  unpacking: Unpacking,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { disk, store, partialDirectory } = context;
  requireRoom(context, way, module);
  const blob = { url: `${context.artifacts}/sha256/${way.sha256}`, sha256: way.sha256, length: way.length };
  let done = bytesThere(disk, partialDirectory, way.sha256);
  const count: CountBytes = (bytes) => {
    context.countBytes(bytes);
    done += bytes;
    progress(Math.min(done, way.length), way.length);
  };
  progress(done, way.length);
  const toll = context.passage.toll(isByDelta(way) ? 'delta' : 'whole');
  const along = cameAlong(context, way);
  if (along !== undefined) toll.took(along.length);
  const part =
    along === undefined
      ? await downloadBlob(context, partialDirectory, blob, { countBytes: count, toll }, signal)
      : keepBlob(context, partialDirectory, blob, along);
  if (methods[way.method].unpack === undefined) {
    store.adopt(part.path, module.sha256);
  } else {
    const before = work.spent;
    try {
      const unpacked = unpack(context, module, way, disk.readFile(part.path), work);
      if (unpacked !== undefined) adoptUnpacked(context, module, unpacked);
    } catch (error) {
      // What does not unpack today does not tomorrow; a full disk is another matter.
      if (error instanceof DownloadError) {
        part.discard();
        unpacking.onSpoilt(way.sha256);
      }
      throw error;
    } finally {
      unpacking.onSpent(work.spent - before);
    }
  }
  part.discard();
}

/**
 * Brings a module into the store by the cheapest way that works, and gives that way. The link's failures are
 * thrown at once, for the next attempt goes on where this one ended, and so is that the server is busy, for that costs less than
 * a larger form; a way that is spoilt gives place to the next.
 */
export async function fetchModule(
  context: ModuleContext,
  module: LinkedModule,
  index: ReleaseIndex | undefined,
  unpacking: Unpacking,
  progress: Progress,
  signal: AbortSignal,
): Promise<Way> {
  const there = (way: Way): number => bytesThere(context.disk, context.partialDirectory, way.sha256);
  let failure: DownloadError | undefined;
  const affordable = affordableWays(module, index, context.store, context.budget, there);
  const ways = context.isDeltaOnly ? affordable.filter(isByDelta) : affordable;
  const workOf = (way: Way): number => unpackWork(way, module, context.store);
  const workMax = Math.max(0, unpackWorkMax(ways, module, context.store) - unpacking.spent);
  const work = new WorkBudget(workMax);
  for (const way of ways) {
    // Who made one delta that used up what honest ones need may have made them all.
    if (workOf(way) > Math.max(0, workMax - work.spent)) continue;
    try {
      await take(context, module, way, work, unpacking, progress, signal);
      return way;
    } catch (error) {
      if (!(error instanceof DownloadError)) throw error;
      if (isOfTheWay(error.code) || error.code === 'LINK_BUDGET') throw error;
      if (error.code === 'SERVER_BUSY' && !unpacking.onBusy(way.sha256)) throw error;
      failure = error;
    }
  }
  throw failure ?? new DownloadError('ARTIFACT_MISSING', `no way to get ${module.name} ${module.version}`);
}

/** What a report says of a module that came this way. */
export function downloadReport(
  { name, version, length }: LinkedModule,
  method: DownloadReport['method'],
  bytes: number,
): DownloadReport {
  return { name, version, method, bytes, length };
}
