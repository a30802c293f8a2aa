/**
 * The longest turn of this thread's event loop in computing time: on a machine that has other work, a block by the clock is
 * mostly others' turns.
 */
export class LoopTurns {
  readonly #timer: NodeJS.Timeout;
  #last = process.threadCpuUsage();
  #longestMs = 0;

  constructor() {
    // Timers have their turn once a round, so that what passed since the last one is one round, or little more.
    this.#timer = setInterval(() => this.#look(), 1);
    this.#timer.unref();
  }

  #look(): void {
    const now = process.threadCpuUsage();
    const ms = (now.user - this.#last.user + now.system - this.#last.system) / 1000;
    this.#longestMs = Math.max(this.#longestMs, ms);
    this.#last = now;
  }

  /** Of the time since this was asked last. */
  take(): number {
    this.#look();
    const longestMs = this.#longestMs;
    this.#longestMs = 0;
    return longestMs;
  }
}
