import type { Clock } from '../../platform/ports.ts';
import type { HealthTerms } from '../../schemas/generated/types.ts';
import type { Answered, AppRuntime } from '../runtime/app-runtime.ts';
import { isGood } from './checks.ts';
import type { Answers, HealthOf } from './probation.ts';

/** Between an answer and the next time that it is asked. */
const againMs = 5_000;

/** One way of asking an application how it does. */
export interface Question {
  /** Asks it; undefined where its health asks nothing of the kind. */
  readonly ask: (name: string, terms: HealthTerms) => (() => Promise<Answered>) | undefined;
  readonly isGood: (answered: Answered) => boolean;
}

/** By a request. */
export function byRequest(runtime: Pick<AppRuntime, 'ask'>): Question {
  return { isGood, ask: (name, { http }) => http && (() => runtime.ask(name, http.path)) };
}

/** By a call of a function that it exports. */
export function byCall(runtime: Pick<AppRuntime, 'call'>): Question {
  return {
    isGood: (answered) => answered === 0,
    ask: (name, { call }) => call && (() => runtime.call(name, call.function)),
  };
}

/** Asks the applications of one deployment whose health says so, each again and again until it answers well. */
export class Probes {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #question: Question;
  readonly #onGood: () => void;
  readonly #timers = new Map<string, Disposable>();
  #answers = new Map<string, Answered>();

  constructor(clock: Pick<Clock, 'after'>, question: Question, onGood: () => void) {
    this.#clock = clock;
    this.#question = question;
    this.#onGood = onGood;
  }

  /** The last answer of each. */
  get answers(): Answers {
    return this.#answers;
  }

  start(healthOf: HealthOf): void {
    this.stop();
    for (const [name, terms] of healthOf) {
      const ask = this.#question.ask(name, terms);
      if (ask !== undefined) void this.#ask(name, ask, this.#answers);
    }
  }

  /** What is still answered is an answer to nobody. */
  stop(): void {
    for (const timer of this.#timers.values()) timer[Symbol.dispose]();
    this.#timers.clear();
    this.#answers = new Map();
  }

  async #ask(name: string, ask: () => Promise<Answered>, answers: Map<string, Answered>): Promise<void> {
    const answered = await ask();
    if (answers !== this.#answers) return;
    answers.set(name, answered);
    if (this.#question.isGood(answered)) return this.#onGood();
    this.#timers.set(
      name,
      this.#clock.after(againMs, () => void this.#ask(name, ask, answers)),
    );
  }
}
