/**
 * A store of values as a guest finds it, a file a key:
 *
 *     open("/kv/speed", O_CREAT | O_TRUNC | O_WRONLY)   what is written is gathered in memory
 *     write, write …                                    whoever opens the key reads what was there before
 *     close                                             the key has the new value, durably
 */
import { type DirectoryHandle, type FileAccess, FileError, type FileHandle } from '../../../platform/file-handles.ts';
import { FlatDirectory } from '../primitives/flat-directory.ts';
import type { Quota } from '../primitives/quota.ts';
import { KvReader, KvWriter } from './kv-file.ts';
import type { KvStore } from './kv-store.ts';

/** The keys of one application for one run of it. */
export class KvDirectory extends FlatDirectory {
  readonly #store: KvStore;
  readonly #quota: Quota;
  readonly #writers: Set<KvWriter>;

  constructor(store: KvStore, quota: Quota, same?: KvDirectory) {
    super(same);
    this.#store = store;
    this.#quota = quota;
    this.#writers = same === undefined ? new Set() : same.#writers;
  }

  /** What the run was writing is not kept. */
  abandon(): void {
    for (const writer of this.#writers) writer.abandon();
  }

  duplicate(): DirectoryHandle {
    return new KvDirectory(this.#store, this.#quota, this);
  }

  protected entry(name: string): { readonly kind: 'file'; readonly bytes: number } | undefined {
    const bytes = this.#store.sizeOf(name);
    return bytes === undefined ? undefined : { kind: 'file', bytes };
  }

  protected names(): Iterable<string> {
    return this.#store.keys();
  }

  override openFile(name: string, { write }: FileAccess): FileHandle {
    if (write) return this.#writer(name, this.#store.read(name));
    const file = this.#store.open(name);
    return new KvReader(file, this.node(name, 'file', file.size()));
  }

  override createFile(name: string): FileHandle {
    return this.#writer(name, undefined);
  }

  #writer(name: string, before: Uint8Array | undefined): KvWriter {
    const claim = this.#store.claim(name);
    const stat = this.node(name, 'file', before?.length ?? 0);
    const writer = new KvWriter({
      ...{ before, quota: this.#quota, stat },
      commit: (value) => {
        this.#quota.replaced(stat);
        return this.#store.write(name, value);
      },
      onClosed: () => {
        claim[Symbol.dispose]();
        this.#writers.delete(writer);
      },
    });
    this.#writers.add(writer);
    return writer;
  }

  override removeFile(name: string): void | Promise<void> {
    return this.#store.remove(name);
  }

  override rename(name: string, to: DirectoryHandle, toName: string): void | Promise<void> {
    if (!(to instanceof KvDirectory)) throw new FileError('cross-device', `${name} is a key, and stays one`);
    return this.#store.rename(name, toName);
  }
}
