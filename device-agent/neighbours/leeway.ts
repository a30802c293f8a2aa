/**
 * What others may still take of a device's time and flash for one module. It lies beside what was begun of the module and is charged
 * ahead, so that neither a power cut nor the end of a process gives more of it to who lies.
 */
import { type Disk, DiskError } from '../../platform/ports.ts';
import type { LinkedModule } from '../../schemas/generated/types.ts';
import { DoubleSlot } from '../storage/double-slot.ts';

/** So often is a module begun to be taken in vain: each time may hold it up for as long as that may last, and have it written once. */
const takesMax = 8;

/** Waiting for who fetches: so much, and what the module takes whole at a pace below that of most links. */
const waitMsLeast = 10 * 60_000;
const bytesPerSecondLeast = 4 * 1024;

/** Waiting for who is to fetch and has not begun; then no more than this in an attempt, which is what beginning takes. */
const idleMsMax = 2 * 60_000;
const idleMsOnce = 5_000;

/** So much waiting is noted before it is done; and so much it counts to go on with what was begun, which has nothing written again. */
const aheadMs = 20_000;

/** What was taken so far. */
interface Spent {
  readonly takes: number;
  readonly fetchingMs: number;
  readonly idleMs: number;
}

/** How long one module is waited for and how often it is taken at most, over all attempts and all lives of the agent. */
export class Leeway {
  readonly #slot: DoubleSlot<Spent>;
  readonly #waitMsMax: number;
  readonly #isBounded: boolean;
  #noted: Spent;
  #spent: Spent;
  /** Before it was taken last. */
  #before: Spent;
  /** Of this attempt. */
  #idleMs = 0;

  /** Where it can come no other way, time does not count. */
  constructor(
    disk: Disk,
    directory: string,
    { sha256, length }: Pick<LinkedModule, 'sha256' | 'length'>,
    isBounded: boolean,
  ) {
    const { slot, value } = DoubleSlot.open<Spent>(disk, `${directory}/${sha256}.leeway`);
    this.#slot = slot;
    this.#waitMsMax = waitMsLeast + (length / bytesPerSecondLeast) * 1000;
    this.#noted = value ?? { takes: 0, fetchingMs: 0, idleMs: 0 };
    this.#spent = this.#noted;
    this.#before = this.#noted;
    this.#isBounded = isBounded;
  }

  /** Whether it may be taken from others at all. */
  get isLeft(): boolean {
    return this.#spent.takes < takesMax;
  }

  /** It is about to be taken, from its beginning or from where that ended before. */
  take(hasBegun: boolean): void {
    const { takes, fetchingMs } = this.#spent;
    this.#before = this.#spent;
    const isFree = hasBegun && (!this.#isBounded || fetchingMs < this.#waitMsMax);
    if (!isFree) this.#spend({ ...this.#spent, takes: takes + 1 });
    else if (this.#isBounded) this.#spend({ ...this.#spent, fetchingMs: fetchingMs + aheadMs });
  }

  /** It was not: who was asked for it was busy. */
  takeBack(): void {
    this.#spent = this.#before;
  }

  /** Whether it may be waited for who fetches it, or is to. */
  mayWait(isFetching: boolean): boolean {
    const { fetchingMs, idleMs } = this.#spent;
    if (isFetching) return fetchingMs < this.#waitMsMax;
    return idleMs < idleMsMax || this.#idleMs < idleMsOnce;
  }

  /** So long it was. */
  waited(ms: number, isFetching: boolean): void {
    const { fetchingMs, idleMs } = this.#spent;
    if (isFetching) return this.#spend({ ...this.#spent, fetchingMs: fetchingMs + ms });
    this.#idleMs += ms;
    this.#spend({ ...this.#spent, idleMs: Math.min(idleMsMax, idleMs + ms) });
  }

  /** It is there. */
  end(): void {
    this.#slot.remove();
  }

  #spend(spent: Spent): void {
    this.#spent = spent;
    const { takes, fetchingMs, idleMs } = this.#noted;
    if (spent.takes <= takes && spent.fetchingMs <= fetchingMs && spent.idleMs <= idleMs) return;
    this.#note({
      takes: Math.max(takes, spent.takes),
      fetchingMs: spent.fetchingMs <= fetchingMs ? fetchingMs : spent.fetchingMs + aheadMs,
      idleMs: spent.idleMs <= idleMs ? idleMs : Math.min(idleMsMax, spent.idleMs + aheadMs),
    });
  }

  #note(noted: Spent): void {
    try {
      this.#slot.write(noted);
      this.#noted = noted;
    } catch (error) {
      // A disk that is full fails the download, if that needs room.
      if (!(error instanceof DiskError) || error.code !== 'NO_SPACE') throw error;
    }
  }
}
