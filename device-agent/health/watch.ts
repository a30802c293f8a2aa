import type { Clock } from '../../platform/ports.ts';
import type { AppRuntime } from '../runtime/app-runtime.ts';
import { beginProbation, type HealthOf, observe, type Probation, type Verdict } from './probation.ts';
import { byCall, byRequest, Probes } from './probes.ts';

/** Keeps an eye on the applications of one deployment at a time until a verdict is found. */
export class HealthWatch {
  readonly #clock: Clock;
  readonly #runtime: AppRuntime;
  #probation: Probation | undefined;
  #onVerdict: (verdict: Verdict) => void = () => {};
  #timer: Disposable | undefined;
  readonly #requests: Probes;
  readonly #calls: Probes;

  constructor(clock: Clock, runtime: AppRuntime) {
    this.#clock = clock;
    this.#runtime = runtime;
    this.#requests = new Probes(clock, byRequest(runtime), () => this.look());
    this.#calls = new Probes(clock, byCall(runtime), () => this.look());
  }

  /** Starts over with what runs now; `onVerdict` is called once, with `healthy` or `failing`, unless `stop` comes first. */
  start(probationSeconds: number, healthOf: HealthOf, onVerdict: (verdict: Verdict) => void): void {
    this.stop();
    this.#onVerdict = onVerdict;
    this.#probation = beginProbation(this.#runtime.states(), probationSeconds, this.#clock.monotonic(), healthOf);
    for (const probes of [this.#requests, this.#calls]) probes.start(healthOf);
    this.look();
  }

  /** Looks at the applications: whenever one of them changed, and when time may have decided. */
  look(): void {
    if (this.#probation === undefined) return;
    this.#timer?.[Symbol.dispose]();
    const nowMs = this.#clock.monotonic();
    const heard = { answers: this.#requests.answers, calls: this.#calls.answers };
    const { probation, verdict } = observe(this.#probation, this.#runtime.states(), nowMs, heard);
    this.#probation = probation;
    if (verdict.kind === 'waiting') {
      this.#timer = this.#clock.after(Math.max(1, verdict.untilMs - nowMs), () => this.look());
    } else {
      this.stop();
      this.#onVerdict(verdict);
    }
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    for (const probes of [this.#requests, this.#calls]) probes.stop();
    this.#probation = undefined;
  }
}
