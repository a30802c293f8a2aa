/** The two ways a key is open: for reading what it has, and for writing what it will have. */
import { whenSettled } from '../../../platform/and-then.ts';
import { FileError, type FileHandle, type NodeStat, type NodeTimes } from '../../../platform/file-handles.ts';
import type { DiskFile } from '../../../platform/ports.ts';
import type { MemoryBytes } from '../primitives/memory-bytes.ts';
import { MemoryFileHandle, MemoryNodes } from '../primitives/memory-nodes.ts';
import type { Quota } from '../primitives/quota.ts';
import { withDiskFaults } from './disk-fault.ts';
import { valueBytesMax } from './limits.ts';

/** A value as it was when it was opened. */
export class KvReader implements FileHandle {
  readonly #file: DiskFile;
  readonly #stat: NodeStat;

  constructor(file: DiskFile, stat: NodeStat) {
    this.#file = file;
    this.#stat = stat;
  }

  stat(): NodeStat {
    return this.#stat;
  }

  size(): number {
    return this.#stat.bytes;
  }

  read(into: Uint8Array, position: number): number {
    const bytes = withDiskFaults(() => this.#file.read(position, into.length));
    into.set(bytes);
    return bytes.length;
  }

  write(): number {
    throw new FileError('bad-descriptor', 'the key is open for reading');
  }

  resize(): void {
    throw new FileError('bad-descriptor', 'the key is open for reading');
  }

  setTimes(_times: NodeTimes): void {}

  sync(): void {}

  close(): void {
    withDiskFaults(() => this.#file.close());
  }
}

function assertSmall(bytes: number): void {
  if (bytes > valueBytesMax) throw new FileError('file-too-large', `a value has at most ${valueBytesMax} bytes`);
}

const nodes = new MemoryNodes(() => 0n, 0n);

/** What a writer of a key is made of. */
export interface KvWriting {
  /** What the key has so far; undefined for a new one. */
  readonly before: Uint8Array | undefined;
  readonly stat: NodeStat;
  /** Where what is gathered is counted. */
  readonly quota: Quota;
  readonly commit: (value: Uint8Array) => void | Promise<void>;
  /** Called once, when it is closed. */
  readonly onClosed: () => void;
}

/** A value that is gathered in memory, and there when it is closed. */
export class KvWriter extends MemoryFileHandle {
  readonly #writing: Omit<KvWriting, 'before'>;
  /** Of what the key had; undefined for a new one. */
  readonly #bytesBefore: number | undefined;
  readonly #gathered: MemoryBytes;
  #isChanged: boolean;
  #isAbandoned = false;

  constructor({ before, ...writing }: KvWriting) {
    const file = nodes.file(before?.slice());
    super(nodes, file);
    this.#writing = writing;
    this.#bytesBefore = before?.length;
    this.#gathered = file.bytes;
    this.#isChanged = before === undefined;
  }

  override stat(): NodeStat {
    return { ...this.#writing.stat, bytes: this.size() };
  }

  override write(bytes: Uint8Array, position: number): number {
    assertSmall(position + bytes.length);
    this.#isChanged = true;
    return super.write(bytes, position);
  }

  override resize(bytes: number): void {
    assertSmall(bytes);
    this.#isChanged = true;
    super.resize(bytes);
  }

  /** Nothing of what was gathered is kept when it is closed. */
  abandon(): void {
    this.#isAbandoned = true;
  }

  override close(): void | Promise<void> {
    if (!this.#isChanged || this.#isAbandoned) return this.#end(!this.#isChanged);
    return whenSettled(
      () => this.#writing.commit(this.#gathered.contents()),
      (isKept) => this.#end(isKept),
    );
  }

  #end(isKept: boolean): void {
    if (!isKept) this.#uncount();
    this.#writing.onClosed();
  }

  #uncount(): void {
    const { quota } = this.#writing;
    quota.grown((this.#bytesBefore ?? 0) - this.size());
    if (this.#bytesBefore === undefined) quota.dropEntry();
  }
}
