/** Whether the state can be written at present, and how long to wait before it is tried again. */

/** Pauses after a write that failed. */
const firstPauseMs = 500;
const pauseMsMax = 30_000;

/** Why nothing can be written at present. */
export interface StateTrouble {
  readonly code: string;
  readonly message: string;
  readonly since: number;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'UNEXPECTED';
}

export class Outage {
  #trouble: StateTrouble | undefined;
  #pauseMs = 0;

  get trouble(): StateTrouble | undefined {
    return this.#trouble;
  }

  /** Before the next turn. */
  get pauseMs(): number {
    return this.#pauseMs;
  }

  /** A write failed; returns whether the one before it did not. */
  begin(error: unknown, now: number): boolean {
    const isNew = this.#trouble === undefined;
    const message = error instanceof Error ? error.message : String(error);
    this.#trouble = { code: codeOf(error), message, since: this.#trouble?.since ?? now };
    this.#pauseMs = Math.min(Math.max(firstPauseMs, 2 * this.#pauseMs), pauseMsMax);
    return isNew;
  }

  /** A write succeeded; returns whether the one before it did not. */
  end(): boolean {
    const isOver = this.#trouble !== undefined;
    this.#trouble = undefined;
    this.#pauseMs = 0;
    return isOver;
  }
}
