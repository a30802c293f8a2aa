import type { ChildProcess, Clock } from '../../platform/ports.ts';

const stopMsMax = 10_000;

/** A program that is started again when it ends, as systemd would, until it is stopped. */
export class Service {
  readonly #clock: Clock;
  readonly #start: () => ChildProcess;
  readonly #restartMs: number;
  #isStopped = false;
  #restart: Disposable | undefined;
  #child: ChildProcess;
  #ended: Promise<void>;

  constructor(clock: Clock, restartMs: number, start: () => ChildProcess) {
    this.#clock = clock;
    this.#restartMs = restartMs;
    this.#start = start;
    this.#child = start();
    this.#ended = this.#watch();
  }

  get pid(): number {
    return this.#child.pid;
  }

  #watch(): Promise<void> {
    return new Promise((resolve) =>
      this.#child.onExit(() => {
        resolve();
        if (this.#isStopped) return;
        this.#restart = this.#clock.after(this.#restartMs, () => this.start());
      }),
    );
  }

  /** Starts it again after `stop`. */
  start(): void {
    this.#isStopped = false;
    this.#child = this.#start();
    this.#ended = this.#watch();
  }

  /** Resolves when it has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#restart?.[Symbol.dispose]();
    this.#child.kill('SIGTERM');
    using _patience = this.#clock.after(stopMsMax, () => this.#child.kill('SIGKILL'));
    await this.#ended;
  }
}
