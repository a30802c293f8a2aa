/** Whether the state can be written, or read, at present, and how long to wait before it is tried again. */
import type { EngineParts } from './engine-parts.ts';

/** Pauses after a failure. */
const firstPauseMs = 500;
const pauseMsMax = 30_000;

/** Why the state can't be used at present. */
export interface StateTrouble {
  readonly code: string;
  readonly message: string;
  readonly since: number;
}

/** How the log tells of it. */
export interface OutageWords {
  readonly failed: string;
  readonly over: string;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'UNEXPECTED';
}

export class Outage {
  readonly #parts: Pick<EngineParts, 'clock' | 'log' | 'onChange'>;
  readonly #words: OutageWords;
  #trouble: StateTrouble | undefined;
  #pauseMs = 0;

  constructor(parts: Pick<EngineParts, 'clock' | 'log' | 'onChange'>, words: OutageWords) {
    this.#parts = parts;
    this.#words = words;
  }

  get trouble(): StateTrouble | undefined {
    return this.#trouble;
  }

  /** Before the next turn. */
  get pauseMs(): number {
    return this.#pauseMs;
  }

  /** It failed; told when it did not before. */
  begin(error: unknown): void {
    const { clock, log, onChange } = this.#parts;
    const isNew = this.#trouble === undefined;
    const message = error instanceof Error ? error.message : String(error);
    this.#trouble = { code: codeOf(error), message, since: this.#trouble?.since ?? clock.now() };
    this.#pauseMs = Math.min(Math.max(firstPauseMs, 2 * this.#pauseMs), pauseMsMax);
    if (isNew) log.write('error', this.#words.failed, { code: this.#trouble.code, reason: message });
    onChange([]);
  }

  /** It succeeded; told when it failed before. */
  end(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#pauseMs = 0;
    this.#parts.log.write('info', this.#words.over);
    this.#parts.onChange([]);
  }
}
