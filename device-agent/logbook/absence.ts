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

  /** The shore has answered one that has no session: it is away from now on, and that is no loss until it asks in vain. */
  contact(): void {
    this.#end();
    this.#away = this.#beginning('asks, and is not answered');
  }

  trouble(trouble: LinkTrouble): void {
    this.#trouble = trouble;
    if (this.#away !== undefined) this.#timer ??= this.#tellLater();
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #tellLater(): Disposable {
    return this.#options.clock.after(awayMs, () => this.#tell());
  }

  #begin(words: string): void {
    this.#away = this.#beginning(words);
    this.#timer = this.#tellLater();
  }

  #beginning(words: string): Away {
    const { clock, nowMs } = this.#options;
    this.#trouble = undefined;
    return { sinceMs: nowMs(), fromMs: clock.monotonic(), words, isNoted: false };
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
