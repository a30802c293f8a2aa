import type { Clock, Log } from '../../platform/ports.ts';
import { decide, type EngineEvent } from './decide.ts';
import { runStep, type StepWorld } from './run-step.ts';

/** How long the engine waits when the disk refused a step: at first, and at most. */
const firstRetryMs = 5_000;
const lastRetryMs = 5 * 60_000;

/**
 * Takes events one after the other: decides, and does the steps in order. An event is done with when its last step is; if
 * the disk refuses one, the event is decided again later from whatever was committed by then, so steps may be repeated
 * and none is skipped.
 */
export class Engine {
  readonly #world: StepWorld;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #nowMs: () => number;
  readonly #events: EngineEvent[] = [];
  #isBusy = false;
  /** How often in a row the disk refused. */
  #refusals = 0;
  #isStopped = false;

  constructor(world: StepWorld, clock: Clock, log: Log, nowMs: () => number) {
    this.#world = world;
    this.#clock = clock;
    this.#log = log;
    this.#nowMs = nowMs;
  }

  /** Something happened; handled now, or after what is being handled. */
  dispatch(event: EngineEvent): void {
    this.#events.push(event);
    if (!this.#isBusy) this.#drain();
  }

  /** Nothing that happens from now on changes anything. */
  stop(): void {
    this.#isStopped = true;
    this.#events.length = 0;
  }

  #drain(): void {
    this.#isBusy = true;
    for (let event = this.#events[0]; event !== undefined && !this.#isStopped; event = this.#events[0]) {
      try {
        for (const step of decide(this.#world.memory(), event, this.#nowMs())) runStep(step, this.#world);
      } catch (error) {
        // Still busy: nothing else is handled until the disk takes this.
        this.#log.write(this.#refusals === 0 ? 'error' : 'debug', 'engine.step-failed', { event: event.kind, error });
        this.#clock.after(Math.min(lastRetryMs, firstRetryMs * 2 ** this.#refusals), () => this.#drain());
        this.#refusals += 1;
        return;
      }
      this.#refusals = 0;
      this.#events.shift();
    }
    this.#isBusy = false;
  }
}
