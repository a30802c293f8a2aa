import type { Clock, Log } from '../../platform/ports.ts';
import { Turn } from '../../platform/turn.ts';
import type { JudgedTree } from '../manifests/stored/judged-tree.ts';
import { hardlyDiffers } from './judged-file.ts';
import type { JudgedPlace } from './judged-place.ts';

/** Keeps what was judged last, or what hardly differs from it: a commit never costs the writing of the whole fleet. */
export class JudgedKeeper {
  readonly #place: JudgedPlace;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  /** Files or devices that differ from what is kept, as far as is known; infinite where nothing is. */
  #differing = Number.POSITIVE_INFINITY;
  #writing: Promise<void> | undefined;

  constructor(place: JudgedPlace, clock: Clock, log: Log) {
    this.#place = place;
    this.#clock = clock;
    this.#log = log;
  }

  /** What is kept. */
  async open(turn: Turn): Promise<JudgedTree | undefined> {
    const judged = await this.#place.open(turn);
    if (judged !== undefined) this.#differing = 0;
    return judged;
  }

  /**
   * A tree came into force that differs from the one before in so many files, and in what so many devices should get: each start
   * does both over again, for as long as they lie over what is kept. Where the tree is written, others have their turns meanwhile.
   */
  note(judged: JudgedTree, files: number, devices: number): void {
    this.#differing += Math.max(files, devices);
    const isNear = hardlyDiffers(this.#differing, judged.tree);
    if (isNear || this.#writing !== undefined || this.#stopping.signal.aborted) return;
    this.#differing = 0;
    this.#writing = this.#write(judged);
  }

  async #write(judged: JudgedTree): Promise<void> {
    const { signal } = this.#stopping;
    try {
      await this.#place.keep(judged, new Turn(this.#clock), signal);
    } catch (error) {
      if (!signal.aborted) this.#log.write('error', 'judged-tree.not-kept', { error });
    } finally {
      this.#writing = undefined;
    }
  }

  /** What is being written is given up. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#writing;
  }
}
