import { SnapshotError } from '../../../../artifact/snapshot/snapshot.ts';
import { type Clock, DiskError } from '../../../../platform/ports.ts';
import type { SnapshotReport, SnapshotTerms } from '../../../../schemas/generated/types.ts';
import { faultMax } from '../../protocol.ts';
import { packedSnapshot } from '../../snapshot/packed-snapshot.ts';
import type { SnapshotFiles } from '../../snapshot/snapshot-files.ts';
import type { Captured } from '../launch.ts';

/** What a state is kept with. */
export interface KeeperPorts {
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'after'>;
  readonly files: Pick<SnapshotFiles, 'read' | 'write' | 'remove'>;
}

/** What is kept, and how much of it. */
export interface KeeperTerms extends SnapshotTerms {
  /** Of the module. */
  readonly sha256: string;
  /** Of a file that may be read. */
  readonly fileBytesMax: number;
}

const dayMs = 24 * 3_600_000;
/** So many instances in a row that went on from a state and handled nothing prove that it is not to be gone on from. */
const deathsMax = 3;

/**
 * Keeps the state of an application's instance on the disk, and has it for the next one. It is written between two events, where
 * some were handled since, at most so often and so many bytes a day of this process's life; a process begins by waiting.
 */
export class StateKeeper {
  readonly #terms: KeeperTerms;
  readonly #ports: KeeperPorts;
  #isBehind = false;
  #writtenAtMs: number;
  #day: { readonly beganMs: number; bytes: number };
  #writing: Promise<void> = Promise.resolve();
  #timer: Disposable | undefined;
  /** Since something was handled. */
  #deaths = 0;
  #report: SnapshotReport = {};

  constructor(terms: KeeperTerms, ports: KeeperPorts) {
    this.#terms = terms;
    this.#ports = ports;
    this.#writtenAtMs = ports.clock.monotonic();
    this.#day = { beganMs: this.#writtenAtMs, bytes: 0 };
  }

  /** What the next instance goes on from; undefined where it begins afresh. */
  next(): Uint8Array | undefined {
    const { sha256, fileBytesMax } = this.#terms;
    try {
      if (this.#deaths >= deathsMax) {
        this.#ports.files.remove(sha256);
        this.#deaths = 0;
        this.afresh(`${deathsMax} instances that went on from it handled nothing`);
        return undefined;
      }
      const file = this.#ports.files.read(sha256, fileBytesMax);
      this.#report = { ...this.#report, isRestored: file !== undefined };
      return file;
    } catch (error) {
      if (!(error instanceof SnapshotError || error instanceof DiskError)) throw error;
      this.afresh(error.message);
      return undefined;
    }
  }

  /** The instance did not go on from what `next` gave. */
  afresh(reason: string): void {
    this.#report = { ...this.#report, isRestored: false };
    this.#fault(`it began afresh: ${reason}`);
  }

  /** An event was handled well by an instance that lives on; `onDue` is called when its state is to be written. */
  handled(onDue: () => void): void {
    this.#deaths = 0;
    this.#isBehind = true;
    const leftMs = this.#writtenAtMs + this.#terms.everySeconds * 1000 - this.#ports.clock.monotonic();
    this.#timer ??= this.#ports.clock.after(Math.max(0, leftMs), () => {
      this.#timer = undefined;
      onDue();
    });
  }

  /** An instance did not come back from a call. */
  died(): void {
    this.#deaths += 1;
    this.#isBehind = false;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  /** Whether something was handled since its state was captured. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** Writes a state down; never rejects. */
  keep(captured: Captured): Promise<void> {
    this.#isBehind = false;
    this.#writtenAtMs = this.#ports.clock.monotonic();
    const at = new Date(this.#ports.clock.now()).toISOString();
    this.#writing = this.#writing.then(() => this.#write(captured, at));
    return this.#writing;
  }

  /** Resolves when nothing of it is written any more. */
  async close(): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    await this.#writing;
  }

  report(): SnapshotReport {
    return this.#report;
  }

  async #write(captured: Captured, at: string): Promise<void> {
    if (captured.kind === 'refused') return this.#fault(`it can not be captured: ${captured.message}`);
    try {
      const file = await packedSnapshot(captured.snapshot);
      if (!this.#spend(file.length))
        return this.#fault(`the ${this.#terms.bytesPerDayMax} bytes of its day are written`);
      this.#ports.files.write(this.#terms.sha256, file);
      const { fault: _mended, ...rest } = this.#report;
      this.#report = { ...rest, at, bytes: file.length };
    } catch (error) {
      if (!(error instanceof SnapshotError || error instanceof DiskError)) throw error;
      this.#fault(`it was not written: ${error.message}`);
    }
  }

  #spend(bytes: number): boolean {
    const nowMs = this.#ports.clock.monotonic();
    if (nowMs - this.#day.beganMs >= dayMs) this.#day = { beganMs: nowMs, bytes: 0 };
    if (this.#day.bytes + bytes > this.#terms.bytesPerDayMax) return false;
    this.#day.bytes += bytes;
    return true;
  }

  #fault(message: string): void {
    this.#report = { ...this.#report, fault: message.slice(0, faultMax) };
  }
}
