import { type DirectoryHandle, FileError } from '../../../platform/file-handles.ts';
import type { Machine } from '../../../platform/machine.ts';
import { type Clock, type Disk, DiskError, type Outbound } from '../../../platform/ports.ts';
import type { ApplicationReport, DeployedApplication } from '../../../schemas/generated/types.ts';
import { measuring } from '../primitives/measure.ts';
import { memoryDirectory } from '../primitives/memory-directory.ts';
import { OpenDirectory } from '../primitives/open-directory.ts';
import { openMax, Quota } from '../primitives/quota.ts';
import { atOnce, everyMillisecond, inStretches } from '../primitives/stretches.ts';
import { ApplicationDirectories } from './application-directories.ts';
import { Connections } from './connections.ts';
import { DiskReserve } from './disk-reserve.ts';
import { FactBook } from './fact-book.ts';
import { factDirectory } from './fact-directory.ts';
import { KvDirectory } from './kv-directory.ts';
import { KvStore } from './kv-store.ts';
import { keysMax, machineGrowthBytesMax } from './limits.ts';
import { machineDirectory } from './machine-directory.ts';
import type { MachinePlaces } from './machine-places.ts';
import { type OpenedSecrets, secretDirectory } from './opened-secrets.ts';
import { outboundDirectory } from './outbound-directory.ts';
import { type Note, Ungranted } from './ungranted.ts';

/** What grants need of the machine. */
export interface GrantPorts {
  readonly clock: Pick<Clock, 'now' | 'after' | 'monotonic' | 'sleep'>;
  readonly disk: Disk;
  /** Holds a directory of this machine; throws `FileError`. */
  readonly openDirectory: (path: string) => DirectoryHandle;
  readonly outbound: Outbound;
  readonly machine: Machine;
  /** Called when facts were published, not more often than they need to be told. */
  readonly onFacts: () => void;
}

/** What an application's manifest grants it. */
export type Granted = Pick<DeployedApplication, 'name' | 'data' | 'tmp' | 'kv' | 'facts' | 'allowedOutboundHosts'> & {
  readonly opened?: OpenedSecrets;
  readonly places?: MachinePlaces;
};

/** What one run was granted. */
export interface RunGrants {
  /** By the path under which the guest finds them, the root last; it closes them. */
  readonly directories: Readonly<Record<string, OpenDirectory>>;
  /** Called before they are closed where the run did not come to its own end. */
  readonly abandon: () => void;
  /** Called with the path of what it asked for and was not granted. */
  readonly onUngranted: (path: string) => undefined;
}

/** What one application keeps over its runs, as long as this process runs it. */
interface Kept {
  readonly ungranted: Ungranted;
  readonly data: { readonly path: string; readonly quota: Quota } | undefined;
  readonly connections: Connections;
  readonly machine: { readonly connections: Connections; readonly quota: Quota };
  readonly kv: { readonly store: KvStore; readonly quota: Quota } | undefined;
}

/** What the applications of this process were granted, and what of it they hold. */
export class Grants {
  readonly #ports: GrantPorts;
  readonly #directories: ApplicationDirectories;
  readonly #room: (bytes: number) => number;
  readonly #kept = new Map<string, Kept>();
  readonly #facts: FactBook;

  constructor(ports: GrantPorts, runtimeDirectory: string) {
    this.#ports = ports;
    this.#directories = new ApplicationDirectories(ports.disk, runtimeDirectory);
    this.#facts = new FactBook(ports.clock, ports.onFacts);
    const reserve = new DiskReserve(() => ports.disk.freeBytes(runtimeDirectory));
    this.#room = (bytes) => reserve.take(bytes);
  }

  /**
   * Counts what an application has left in its directory and its keys, a stretch at a time: of many its first run would hold up
   * its neighbours. What can't be counted now is counted, and its fault told, where it is opened.
   */
  async count(application: Granted): Promise<void> {
    const { name } = application;
    if (this.#kept.has(name)) return;
    try {
      this.#kept.set(name, await inStretches(this.#counting(application), everyMillisecond(this.#ports.clock)));
    } catch (error) {
      if (!(error instanceof FileError || error instanceof DiskError)) throw error;
    }
  }

  /**
   * What one run is given; `note` tells whoever reads its log. Throws `FileError` or `DiskError` where something of it can't be
   * opened.
   */
  open(application: Granted, note: Note): RunGrants {
    const { data, kv, connections, machine: held, ungranted } = this.#keptOf(application);
    const { tmp, facts, opened, places, allowedOutboundHosts: hosts } = application;
    const { outbound, machine } = this.#ports;
    const keys = kv && new KvDirectory(kv.store, kv.quota);
    const onUngranted = (path: string): undefined => ungranted.tell(path, note);
    const directories = {
      ...(data === undefined ? {} : { '/data': this.#directory(this.#ports.openDirectory(data.path), data.quota) }),
      ...(tmp === undefined ? {} : { '/tmp': this.#temporary(tmp) }),
      ...(kv === undefined ? {} : { '/kv': this.#directory(keys!, kv.quota) }),
      ...(opened === undefined ? {} : { '/secrets': secretDirectory(opened) }),
      ...(places === undefined
        ? {}
        : { '/machine': machineDirectory({ places, machine, ...held, note, onUngranted }) }),
      ...(hosts === undefined ? {} : { '/net/tcp': outboundDirectory({ hosts, connections, outbound, note }) }),
      ...(facts === undefined ? {} : { '/facts': factDirectory(application, this.#facts, onUngranted) }),
      '/': ungranted.root(note),
    };
    return { directories, abandon: () => keys?.abandon(), onUngranted };
  }

  /** Forgets what it counted for one that ended: whoever runs it next, in whichever process, measures anew. */
  forget(name: string): void {
    this.#kept.delete(name);
    this.#facts.forget(name);
  }

  /** What an application has published, as its report says it. */
  facts(name: string): Pick<ApplicationReport, 'facts'> {
    const facts = this.#facts.of(name);
    return facts === undefined ? {} : { facts };
  }

  /** Bytes that an application keeps on the disk. */
  usage({ name }: Pick<Granted, 'name'>): { readonly dataBytes?: number; readonly kvBytes?: number } {
    const { data, kv } = this.#kept.get(name) ?? {};
    return {
      ...(data === undefined ? {} : { dataBytes: data.quota.used.bytes }),
      ...(kv === undefined ? {} : { kvBytes: kv.quota.used.bytes }),
    };
  }

  /** Instances that run at once share one count. */
  #keptOf(application: Granted): Kept {
    const known = this.#kept.get(application.name);
    if (known !== undefined) return known;
    const kept = atOnce(this.#counting(application));
    this.#kept.set(application.name, kept);
    return kept;
  }

  *#counting(application: Granted): Generator<void, Kept, void> {
    return {
      ungranted: new Ungranted(),
      data: yield* this.#countingData(application),
      kv: yield* this.#countingKeys(application),
      connections: new Connections(),
      machine: { connections: new Connections(), quota: this.#growthOfFiles() },
    };
  }

  *#countingData({ name, data }: Granted): Generator<void, Kept['data'], void> {
    if (data === undefined) return undefined;
    const path = this.#directories.open(name, 'data');
    const handle = this.#ports.openDirectory(path);
    try {
      return { path, quota: new Quota({ ...data, openMax }, yield* measuring(handle), this.#room) };
    } finally {
      handle.close();
    }
  }

  *#countingKeys({ name, kv }: Granted): Generator<void, Kept['kv'], void> {
    if (kv === undefined) return undefined;
    const store = yield* KvStore.opening(this.#ports.disk, this.#directories.open(name, 'kv'));
    return { store, quota: new Quota({ ...kv, entriesMax: keysMax, openMax }, store.measure(), this.#room) };
  }

  #growthOfFiles(): Quota {
    const limits = { bytesMax: machineGrowthBytesMax, entriesMax: 0, openMax };
    return new Quota(limits, { bytes: 0, entries: 0 }, this.#room);
  }

  #temporary(limits: NonNullable<Granted['tmp']>): OpenDirectory {
    const now = (): bigint => BigInt(Math.floor(this.#ports.clock.now())) * 1_000_000n;
    return this.#directory(memoryDirectory({}, now), new Quota({ ...limits, openMax }, { bytes: 0, entries: 0 }));
  }

  #directory(handle: DirectoryHandle, quota: Quota): OpenDirectory {
    return new OpenDirectory(handle, { isWritable: true, quota });
  }
}
