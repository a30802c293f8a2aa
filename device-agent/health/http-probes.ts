import type { Clock } from '../../platform/ports.ts';
import type { Answered, AppRuntime } from '../runtime/app-runtime.ts';
import { isGood } from './checks.ts';
import type { Answers, HealthOf } from './probation.ts';

/** Between an answer and the next request. */
const againMs = 5_000;

/** Asks the applications of one deployment whose health says so, each again and again until it answers well. */
export class HttpProbes {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #runtime: Pick<AppRuntime, 'ask'>;
  readonly #onGood: () => void;
  readonly #timers = new Map<string, Disposable>();
  #answers = new Map<string, Answered>();

  constructor(clock: Pick<Clock, 'after'>, runtime: Pick<AppRuntime, 'ask'>, onGood: () => void) {
    this.#clock = clock;
    this.#runtime = runtime;
    this.#onGood = onGood;
  }

  /** The last answer of each. */
  get answers(): Answers {
    return this.#answers;
  }

  start(healthOf: HealthOf): void {
    this.stop();
    for (const [name, { http }] of healthOf) if (http !== undefined) void this.#ask(name, http.path, this.#answers);
  }

  /** What is still answered is an answer to nobody. */
  stop(): void {
    for (const timer of this.#timers.values()) timer[Symbol.dispose]();
    this.#timers.clear();
    this.#answers = new Map();
  }

  async #ask(name: string, path: string, answers: Map<string, Answered>): Promise<void> {
    const answered = await this.#runtime.ask(name, path);
    if (answers !== this.#answers) return;
    answers.set(name, answered);
    if (isGood(answered)) this.#onGood();
    else
      this.#timers.set(
        name,
        this.#clock.after(againMs, () => void this.#ask(name, path, answers)),
      );
  }
}
