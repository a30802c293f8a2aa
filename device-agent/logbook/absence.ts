import type { Clock } from '../../platform/ports.ts';
import type { LinkTrouble } from '../transport/link-trouble.ts';
import { awayMs } from './limits.ts';
import { spanWords } from './span-words.ts';

/** What it stands on. */
export interface AbsenceOptions {
  readonly clock: Clock;
  readonly nowMs: () => number;
  readonly note: (code: string, message: string, atMs?: number) => void;
}

interface Away {
  readonly sinceMs: number;
  /** On the monotonic clock. */
  readonly fromMs: number;
  readonly words: string;
  isNoted: boolean;
}

/** When the device was without a connection, told when that has lasted. */
export class Absence {
  readonly #options: AbsenceOptions;
  #away: Away | undefined;
  #trouble: LinkTrouble | undefined;
  #timer: Disposable | undefined;

  constructor(options: AbsenceOptions) {
    this.#options = options;
  }

  /** There is no connection when the agent starts. */
  start(): void {
    this.#begin('has no connection since its agent was started');
  }

  /** Whether there is none now. */
  get isAway(): boolean {
    return this.#away !== undefined;
  }

  connection(isConnected: boolean): void {
    if (isConnected) this.#end();
    else if (this.#away === undefined) this.#begin('lost its connection');
  }

  trouble(trouble: LinkTrouble): void {
    this.#trouble = trouble;
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
  }

  #begin(words: string): void {
    const { clock, nowMs } = this.#options;
    this.#trouble = undefined;
    this.#away = { sinceMs: nowMs(), fromMs: clock.monotonic(), words, isNoted: false };
    this.#timer = clock.after(awayMs, () => this.#tell());
  }

  #tell(): void {
    if (this.#away === undefined) return;
    const { words, sinceMs } = this.#away;
    this.#away.isNoted = true;
    const why = this.#trouble === undefined ? '' : `: ${this.#trouble.message}`;
    this.#options.note('LINK_LOST', `${words}${why}`, sinceMs);
  }

  #end(): void {
    const away = this.#away;
    this.#away = undefined;
    this.stop();
    if (away?.isNoted !== true) return;
    const { clock, note } = this.#options;
    note('LINK_BACK', `has a connection again, after ${spanWords(clock.monotonic() - away.fromMs)} without`);
  }
}
