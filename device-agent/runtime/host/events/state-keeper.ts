import { SnapshotError } from '../../../../artifact/snapshot/snapshot.ts';
import { type Clock, DiskError } from '../../../../platform/ports.ts';
import type { DeployedApplication, SnapshotReport, SnapshotTerms } from '../../../../schemas/generated/types.ts';
import { faultMax } from '../../protocol.ts';
import type { KeptState } from '../../snapshot/kept-state.ts';
import { packedSnapshot } from '../../snapshot/packed-snapshot.ts';
import type { Captured, Exported } from '../launch.ts';
import type { StateChoice, StateShelf } from './state-shelf.ts';
import { WriteBudget } from './write-budget.ts';

/** What a state is kept with. */
export interface KeeperPorts {
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'after'>;
  readonly shelf: Pick<StateShelf, 'choose' | 'put' | 'clear'>;
}

/** When a state is kept, and what for. */
export interface KeeperTerms extends Pick<DeployedApplication, 'handover'> {
  /** Without them it is written when its application is stopped, and only then. */
  readonly snapshots?: SnapshotTerms;
}

/** So many instances in a row that went on from a state and handled nothing prove that it is not to be gone on from. */
const deathsMax = 3;

/**
 * Keeps the state of an application's instance on the disk, and has it for the next one. It is written between two events, where
 * some were handled since, at most so often and so many bytes a day of this process's life, which begins by waiting.
 */
export class StateKeeper {
  readonly #terms: KeeperTerms;
  readonly #ports: KeeperPorts;
  readonly #budget: WriteBudget;
  /** Whether the disk has another state than the instance. */
  #isBehind = false;
  #hasHandled = false;
  #writtenAtMs: number;
  #writing: Promise<void> = Promise.resolve();
  #timer: Disposable | undefined;
  /** Since something was handled. */
  #deaths = 0;
  #report: SnapshotReport = {};

  constructor(terms: KeeperTerms, ports: KeeperPorts) {
    this.#terms = terms;
    this.#ports = ports;
    this.#writtenAtMs = ports.clock.monotonic();
    this.#budget = new WriteBudget(terms.snapshots?.bytesPerDayMax, this.#writtenAtMs);
  }

  /** Whether its module writes its state by itself too. */
  get isMigrating(): boolean {
    return this.#terms.handover === 'migrate';
  }

  /** What the next instance goes on from. */
  next(): StateChoice {
    try {
      const choice = this.#choice();
      this.#isBehind = choice.kind !== 'own';
      this.#report = { ...this.#report, isRestored: choice.kind === 'own' };
      if (choice.kind === 'none' && choice.reason !== undefined) this.afresh(choice.reason);
      return choice;
    } catch (error) {
      if (!(error instanceof SnapshotError || error instanceof DiskError)) throw error;
      this.afresh(error.message);
      return { kind: 'none' };
    }
  }

  #choice(): StateChoice {
    const choice = this.#ports.shelf.choose();
    if (choice.kind !== 'own' || this.#deaths < deathsMax) return choice;
    this.#deaths = 0;
    this.#ports.shelf.clear();
    const next = this.#ports.shelf.choose();
    const reason = `${deathsMax} instances that went on from its state handled nothing`;
    return next.kind === 'none' ? { kind: 'none', reason } : next;
  }

  /** The instance did not go on from what `next` gave. */
  afresh(reason: string): void {
    this.#report = { ...this.#report, isRestored: false };
    this.#fault(`it began afresh: ${reason}`);
  }

  /** The instance has the state of the release before it. */
  tookOver(): void {
    this.#report = { ...this.#report, isTakenOver: true };
  }

  /** An event was handled well by an instance that lives on; `onDue` is called when its state is to be written. */
  handled(onDue: () => void): void {
    this.#deaths = 0;
    this.#isBehind = true;
    this.#forgetThatOfStop();
    if (this.#terms.snapshots === undefined) return;
    const leftMs = this.#writtenAtMs + this.#terms.snapshots.everySeconds * 1000 - this.#ports.clock.monotonic();
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

  /** Writes a state down, whatever was written today where it is the only chance to; never rejects. */
  keep(captured: Captured, isOnlyChance = false): Promise<void> {
    this.#isBehind = false;
    this.#writtenAtMs = this.#ports.clock.monotonic();
    const at = new Date(this.#ports.clock.now()).toISOString();
    return this.#inTurn(async () => {
      if (captured.kind === 'refused') return this.#fault(`it can not be captured: ${captured.message}`);
      const pieces = await packedSnapshot(captured.snapshot);
      const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
      if (!this.#budget.spend(bytes, this.#ports.clock.monotonic()) && !isOnlyChance)
        return this.#fault(`the ${this.#terms.snapshots?.bytesPerDayMax} bytes of its day are written`);
      await this.#ports.shelf.put('snapshot', pieces);
      const { fault: _mended, ...rest } = this.#report;
      this.#report = { ...rest, at, bytes };
    });
  }

  /** Writes down what the module itself has written of its state; never rejects. */
  keepExported(exported: Exported): Promise<void> {
    return this.#inTurn(async () => {
      if (exported.kind === 'refused') this.#fault(exported.message);
      else await this.#ports.shelf.put('exported', [exported.bytes]);
    });
  }

  /** Resolves when nothing of it is written any more. */
  async close(): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    await this.#writing;
  }

  report(): SnapshotReport {
    return this.#report;
  }

  /** What is written at a stop is what an instance was then, and is not gone on from once it was something else. */
  #forgetThatOfStop(): void {
    if (this.#hasHandled) return;
    this.#hasHandled = true;
    const kinds: readonly KeptState['kind'][] =
      this.#terms.snapshots === undefined ? ['exported', 'snapshot'] : ['exported'];
    void this.#inTurn(() => this.#ports.shelf.clear(kinds));
  }

  #inTurn(write: () => Promise<void> | void): Promise<void> {
    this.#writing = this.#writing.then(write).catch((error: unknown) => {
      if (!(error instanceof SnapshotError || error instanceof DiskError)) throw error;
      this.#fault(`it was not written: ${error.message}`);
    });
    return this.#writing;
  }

  /** Whatever was to be written is not: the next chance is taken. */
  #fault(message: string): void {
    this.#isBehind = true;
    this.#report = { ...this.#report, fault: message.slice(0, faultMax) };
  }
}
