import type { Clock } from '../../platform/ports.ts';
import type { AppRuntime } from '../runtime/app-runtime.ts';
import { HttpProbes } from './http-probes.ts';
import { beginProbation, type HealthOf, observe, type Probation, type Verdict } from './probation.ts';

/** Keeps an eye on the applications of one deployment at a time until a verdict is found. */
export class HealthWatch {
  readonly #clock: Clock;
  readonly #runtime: AppRuntime;
  #probation: Probation | undefined;
  #onVerdict: (verdict: Verdict) => void = () => {};
  #timer: Disposable | undefined;
  readonly #probes: HttpProbes;

  constructor(clock: Clock, runtime: AppRuntime) {
    this.#clock = clock;
    this.#runtime = runtime;
    this.#probes = new HttpProbes(clock, runtime, () => this.look());
  }

  /** Starts over with what runs now; `onVerdict` is called once, with `healthy` or `failing`, unless `stop` comes first. */
  start(probationSeconds: number, healthOf: HealthOf, onVerdict: (verdict: Verdict) => void): void {
    this.stop();
    this.#onVerdict = onVerdict;
    this.#probation = beginProbation(this.#runtime.states(), probationSeconds, this.#clock.monotonic(), healthOf);
    this.#probes.start(healthOf);
    this.look();
  }

  /** Looks at the applications: whenever one of them changed, and when time may have decided. */
  look(): void {
    if (this.#probation === undefined) return;
    this.#timer?.[Symbol.dispose]();
    const nowMs = this.#clock.monotonic();
    const { probation, verdict } = observe(this.#probation, this.#runtime.states(), nowMs, this.#probes.answers);
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
    this.#probes.stop();
    this.#probation = undefined;
  }
}
