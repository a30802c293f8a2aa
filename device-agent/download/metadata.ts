import { basename, dirname } from 'node:path/posix';
import { deploymentKeysPath, parseDeploymentKeys } from '../../artifact/trust/deployment-keys.ts';
import { TrustError } from '../../artifact/trust/error.ts';
import type { PublicKey } from '../../artifact/trust/keys.ts';
import { trustLimits } from '../../artifact/trust/limits.ts';
import { findTarget, requireFresh, type Target } from '../../artifact/trust/tuf/find-target.ts';
import { filesOf, restore } from '../../artifact/trust/tuf/restore.ts';
import { trustRoot } from '../../artifact/trust/tuf/root.ts';
import { isCredible, issuedAt, type TrustedMetadata } from '../../artifact/trust/tuf/trusted.ts';
import {
  acceptWanted,
  nextWanted,
  type WantedFile,
  wantedRoot,
  wantedTimestamp,
} from '../../artifact/trust/tuf/wanted.ts';
import { openDirectoryDurably, writeFileDurably } from '../../platform/durable-file.ts';
import type { Disk, Network } from '../../platform/ports.ts';
import { sha256Hex } from '../../schemas/sha256.ts';
import { readSmallFile } from '../storage/small-file.ts';
import { readIfPossible } from '../storage/unreadable.ts';
import type { Parcel } from './parcel.ts';
import { type CountBytes, fetchSmallFile } from './small-file.ts';

/** The agent's time, which never runs behind what something signed has shown. */
export interface AgentTime {
  nowMs(): number;
  /** What something signed has shown, whatever the clock says; 0 before anything did. */
  floorMs(): number;
  /** `signedMs` stands in something whose signature was checked. */
  raise(signedMs: number): void;
  /** It is this now: the shore has just signed it for this device. */
  heard(shoreMs: number): void;
}

/** What the client of the release metadata works with. */
export interface MetadataOptions {
  readonly disk: Disk;
  readonly network: Network;
  readonly time: AgentTime;
  readonly countBytes: CountBytes;
  readonly directory: string;
  /** The server's URL without a slash at its end. */
  readonly server: string;
  /** What came along with the update that is being brought. */
  readonly parcel: () => Parcel;
  /** Reads the root metadata the device was born with; throws when it can't be used. */
  readonly readBornRoot: () => Uint8Array;
  /** When somebody who may sign deployments said that this metadata is in force: timestamp and snapshot are judged as of then. */
  readonly leasedAtMs?: number;
}

/** No file of metadata is larger. */
const fileBytesMax = Math.max(
  trustLimits.rootBytesMax,
  trustLimits.snapshotBytesMax,
  trustLimits.targetsBytesMax,
  trustLimits.roleBytesMax,
);

/**
 * The signed release metadata as this device knows it: the TUF client workflow over network and disk, with
 * `artifact/trust` as the judge. What was accepted is durable before anything is done with it.
 */
export class ReleaseMetadata {
  readonly #options: MetadataOptions;
  #trusted: TrustedMetadata;
  #stored: ReadonlyMap<string, Uint8Array>;

  constructor(options: MetadataOptions) {
    this.#options = options;
    openDirectoryDurably(options.disk, `${options.directory}/roles`);
    openDirectoryDurably(options.disk, options.directory);
    this.#stored = this.#load();
    this.#trusted = trustedFrom(this.#stored, options.readBornRoot);
    this.#raiseTime();
  }

  /** Also at the start: the power may have gone between the last files and the time they show. */
  #raiseTime(): void {
    const issuedMs = issuedAt(this.#trusted);
    if (issuedMs !== undefined) this.raiseTime(issuedMs);
  }

  /** It is at least this by something signed, if that is credible; whether it is. */
  raiseTime(signedMs: number): boolean {
    const isSo = isCredible(this.#trusted, signedMs);
    if (isSo) this.#options.time.raise(signedMs);
    return isSo;
  }

  #load(): ReadonlyMap<string, Uint8Array> {
    const { disk, directory } = this.#options;
    const roles = disk.list(`${directory}/roles`).map((name) => `roles/${name}`);
    const names = ['root.json', 'timestamp.json', 'snapshot.json', 'targets.json', ...roles];
    const files = new Map<string, Uint8Array>();
    for (const name of names.filter((name) => name.endsWith('.json'))) {
      const bytes = readIfPossible(() => readSmallFile(disk, `${directory}/${name}`, fileBytesMax));
      if (bytes !== undefined) files.set(name, bytes);
    }
    return files;
  }

  /** Makes newly accepted files durable, the ones that vouch for others first, and removes those no longer trusted. */
  #accept(trusted: TrustedMetadata): void {
    const { disk, directory } = this.#options;
    const files = filesOf(trusted);
    for (const [name, bytes] of files) {
      const stored = this.#stored.get(name);
      if (stored !== undefined && Buffer.from(stored).equals(bytes)) continue;
      writeFileDurably(disk, dirname(`${directory}/${name}`), basename(name), bytes);
    }
    for (const name of this.#stored.keys()) if (!files.has(name)) disk.remove(`${directory}/${name}`);
    this.#stored = files;
    this.#trusted = trusted;
    this.#raiseTime();
  }

  async #fetch(file: string, bytesMax: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const { network, server, countBytes, parcel } = this.#options;
    const there = parcel().take(`tuf/${file}`);
    if (there !== undefined && (there.bytes?.length ?? 0) <= bytesMax) return there.bytes;
    return fetchSmallFile(network, `${server}/tuf/${file}`, bytesMax, countBytes, signal);
  }

  async #take(wanted: WantedFile, signal: AbortSignal): Promise<void> {
    const bytes = await this.#fetch(wanted.file, wanted.bytesMax, signal);
    if (bytes === undefined) throw new TrustError('METADATA_MISSING', `the server has no ${wanted.file}`);
    const { time, leasedAtMs } = this.#options;
    const isOnline = wanted.role === 'timestamp' || wanted.role === 'snapshot';
    const nowMs = isOnline ? (leasedAtMs ?? time.nowMs()) : time.nowMs();
    this.#accept(acceptWanted(this.#trusted, wanted, bytes, nowMs));
  }

  /** What was carried may be older than what came over the network before: the newer stays. */
  async #takeTimestamp(signal: AbortSignal): Promise<void> {
    try {
      await this.#take(wantedTimestamp, signal);
    } catch (error) {
      const isOlder = error instanceof TrustError && error.code === 'ROLLBACK';
      if (!isOlder || this.#options.leasedAtMs === undefined) throw error;
    }
  }

  /** Brings what decides about these targets up to date, and refuses with a `TrustError` what is not right or not fresh. */
  async refresh(paths: readonly string[], signal: AbortSignal): Promise<void> {
    const { time, leasedAtMs } = this.#options;
    for (let count = 0; count < trustLimits.rootUpdatesMax; count++) {
      const wanted = wantedRoot(this.#trusted);
      const bytes = await this.#fetch(wanted.file, wanted.bytesMax, signal);
      if (bytes === undefined) break;
      this.#accept(acceptWanted(this.#trusted, wanted, bytes, time.nowMs()));
    }
    await this.#takeTimestamp(signal);
    const all = [deploymentKeysPath, ...paths];
    for (let wanted = nextWanted(this.#trusted, all); wanted !== undefined; wanted = nextWanted(this.#trusted, all)) {
      await this.#take(wanted, signal);
    }
    const nowMs = Math.max(time.nowMs(), issuedAt(this.#trusted) ?? 0);
    requireFresh(this.#trusted, paths, nowMs, leasedAtMs ?? nowMs);
    await this.#refreshDeploymentKeys(signal);
  }

  async #refreshDeploymentKeys(signal: AbortSignal): Promise<void> {
    const { disk, directory, network, server, countBytes } = this.#options;
    const target = findTarget(this.#trusted, deploymentKeysPath);
    if (target === undefined || this.#keysFile(target) !== undefined) return;
    const url = `${server}/sha256/${target.sha256}`;
    const bytesMax = Math.min(target.length, trustLimits.deploymentKeysBytesMax);
    const bytes = await fetchSmallFile(network, url, bytesMax, countBytes, signal);
    if (bytes === undefined) throw new TrustError('METADATA_MISSING', `the server has no ${deploymentKeysPath}`);
    if (!isTarget(bytes, target)) throw new TrustError('HASH_MISMATCH', `${deploymentKeysPath} is not what was signed`);
    writeFileDurably(disk, directory, deploymentKeysPath, bytes);
  }

  #keysFile(target: Target): Uint8Array | undefined {
    const { disk, directory } = this.#options;
    const path = `${directory}/${deploymentKeysPath}`;
    const bytes = readIfPossible(() => readSmallFile(disk, path, trustLimits.deploymentKeysBytesMax));
    return bytes !== undefined && isTarget(bytes, target) ? bytes : undefined;
  }

  /** The keys that may sign deployments, as far as this device was told; no network. */
  deploymentKeys(): readonly PublicKey[] {
    let target: Target | undefined;
    try {
      target = findTarget(this.#trusted, deploymentKeysPath);
    } catch (error) {
      // Files from before and after a cut do not fit together; the next refresh completes them.
      if (error instanceof TrustError) return [];
      throw error;
    }
    const bytes = target === undefined ? undefined : this.#keysFile(target);
    return bytes === undefined ? [] : parseDeploymentKeys(bytes);
  }

  /** What it has of the metadata that decides about applications, by version and role; the smaller a change of a file usually is, the later. */
  held(applications: readonly string[]): ReadonlyMap<string, Uint8Array> {
    const { root, snapshot, targets, roles } = this.#trusted;
    const files = new Map<string, Uint8Array>([[`${root.signed.version}.root.json`, root.bytes]]);
    const add = (role: string, file: typeof targets | typeof snapshot): void => {
      if (file !== undefined) files.set(`${file.signed.version}.${role}.json`, file.bytes);
    };
    add('targets', targets);
    add('snapshot', snapshot);
    for (const application of applications) add(application, roles.get(application));
    return files;
  }

  /** The signed release of that path; undefined when no role names it. Call after `refresh`. */
  target(path: string): Target | undefined {
    return findTarget(this.#trusted, path);
  }
}

function isTarget(bytes: Uint8Array, target: Target): boolean {
  return bytes.length === target.length && sha256Hex(bytes) === target.sha256;
}

/** What the disk holds, begun with the newer of the stored root and the one the device was born with. */
function trustedFrom(stored: ReadonlyMap<string, Uint8Array>, readBornRoot: () => Uint8Array): TrustedMetadata {
  let bornRoot: Uint8Array;
  try {
    bornRoot = readBornRoot();
  } catch (error) {
    // That file rotted: what it vouched for while it was whole still stands.
    if (stored.has('root.json')) return restore(stored).trusted;
    throw error;
  }
  const withBorn = new Map([...stored, ['root.json', bornRoot]]);
  const storedRoot = stored.get('root.json');
  if (storedRoot === undefined || Buffer.from(storedRoot).equals(bornRoot)) return restore(withBorn).trusted;
  const born = trustRoot(bornRoot);
  try {
    const { trusted } = restore(stored);
    return trusted.root.signed.version >= born.root.signed.version ? trusted : restore(withBorn).trusted;
  } catch (error) {
    if (error instanceof TrustError) return restore(withBorn).trusted;
    throw error;
  }
}
