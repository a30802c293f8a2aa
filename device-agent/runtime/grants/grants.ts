import type { DirectoryHandle } from '../../../platform/file-handles.ts';
import type { Clock, Disk } from '../../../platform/ports.ts';
import type { DeployedApplication } from '../../../schemas/generated/types.ts';
import { memoryDirectory } from '../primitives/memory-directory.ts';
import { OpenDirectory } from '../primitives/open-directory.ts';
import { measure, Quota } from '../primitives/quota.ts';
import { ApplicationDirectories } from './application-directories.ts';
import { DiskReserve } from './disk-reserve.ts';
import { openMax } from './limits.ts';

/** What grants need of the machine. */
export interface GrantPorts {
  readonly clock: Pick<Clock, 'now'>;
  readonly disk: Disk;
  /** Holds a directory of this machine; throws `FileError`. */
  readonly openDirectory: (path: string) => DirectoryHandle;
}

/** What an application's manifest grants it. */
export type Granted = Pick<DeployedApplication, 'name' | 'data' | 'tmp'>;

/** Directories by the path under which a guest finds them. */
export type GrantedDirectories = Readonly<Record<string, OpenDirectory>>;

/** What one application keeps over its runs, as long as this process runs it. */
interface Kept {
  readonly data: { readonly path: string; readonly quota: Quota } | undefined;
}

/** What the applications of this process were granted, and what of it they hold. */
export class Grants {
  readonly #ports: GrantPorts;
  readonly #directories: ApplicationDirectories;
  readonly #reserve: DiskReserve;
  readonly #kept = new Map<string, Kept>();

  constructor(ports: GrantPorts, runtimeDirectory: string) {
    this.#ports = ports;
    this.#directories = new ApplicationDirectories(ports.disk, runtimeDirectory);
    this.#reserve = new DiskReserve(() => ports.disk.freeBytes(runtimeDirectory));
  }

  /** The directories of one run, which closes them. Throws `FileError` or `DiskError` where one can't be opened. */
  open(application: Granted): GrantedDirectories {
    const { data } = this.#keptOf(application);
    return {
      ...(data === undefined ? {} : { '/data': this.#directory(this.#ports.openDirectory(data.path), data.quota) }),
      ...(application.tmp === undefined ? {} : { '/tmp': this.#temporary(application.tmp) }),
    };
  }

  /** Forgets what it counted for one that ended: whoever runs it next, in whichever process, measures anew. */
  forget(name: string): void {
    this.#kept.delete(name);
  }

  /** Bytes that an application keeps on the disk. */
  usage({ name }: Pick<Granted, 'name'>): { readonly dataBytes?: number } {
    const data = this.#kept.get(name)?.data;
    return data === undefined ? {} : { dataBytes: data.quota.used.bytes };
  }

  /** Instances that run at once share one count. */
  #keptOf(application: Granted): Kept {
    const known = this.#kept.get(application.name);
    if (known !== undefined) return known;
    const kept = { data: this.#openData(application) };
    this.#kept.set(application.name, kept);
    return kept;
  }

  #openData({ name, data }: Granted): Kept['data'] {
    if (data === undefined) return undefined;
    const path = this.#directories.open(name, 'data');
    const handle = this.#ports.openDirectory(path);
    try {
      const room = (bytes: number) => this.#reserve.take(bytes);
      return { path, quota: new Quota({ ...data, openMax }, measure(handle), room) };
    } finally {
      handle.close();
    }
  }

  #temporary(limits: NonNullable<Granted['tmp']>): OpenDirectory {
    const now = (): bigint => BigInt(Math.floor(this.#ports.clock.now())) * 1_000_000n;
    return this.#directory(memoryDirectory({}, now), new Quota({ ...limits, openMax }, { bytes: 0, entries: 0 }));
  }

  #directory(handle: DirectoryHandle, quota: Quota): OpenDirectory {
    return new OpenDirectory(handle, { isWritable: true, quota });
  }
}
