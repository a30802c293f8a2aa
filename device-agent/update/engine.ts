import type { Clock, Log } from '../../platform/ports.ts';
import type { DeviceProblem } from '../../schemas/generated/types.ts';
import { failureOf } from '../courier/failure-of.ts';
import type { Problem } from '../problem.ts';
import { decide, type EngineEvent } from './decide.ts';
import { dated } from './memory-problems.ts';
import { runStep, type StepWorld } from './run-step.ts';

/** How long the engine waits when the disk refused a step: at first, and at most. */
const firstRetryMs = 5_000;
const lastRetryMs = 5 * 60_000;

/** The deployment that an event is about. */
function sequenceOf(event: EngineEvent): number | undefined {
  if (event.kind === 'offered') return event.slot.sequence;
  if (event.kind === 'refused') return event.problem.sequence;
  return event.kind === 'booted' || event.kind === 'scrub-due' ? undefined : event.sequence;
}

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
  readonly #onTrouble: () => void;
  readonly #events: EngineEvent[] = [];
  #isBusy = false;
  /** How often in a row the disk refused. */
  #refusals = 0;
  #trouble: DeviceProblem | undefined;
  #isStopped = false;

  /** `onTrouble` is called whenever `trouble` came or went. */
  constructor(world: StepWorld, clock: Clock, log: Log, nowMs: () => number, onTrouble: () => void) {
    this.#world = world;
    this.#onTrouble = onTrouble;
    this.#clock = clock;
    this.#log = log;
    this.#nowMs = nowMs;
  }

  /** Why nothing is handled now: what the disk refuses can't be remembered, so it can only be told. */
  get trouble(): DeviceProblem | undefined {
    return this.#trouble;
  }

  /** Something happened; handled now, or after what is being handled. */
  dispatch(event: EngineEvent): void {
    if (event.kind === 'consented') this.#putFirst(event);
    else this.#events.push(event);
    if (!this.#isBusy) this.#drain();
  }

  /**
   * What is said aboard comes from outside, so what is first then waits for the disk: it must not go on before a no is heard. The last
   * thing that was said counts; programs say it again and again.
   */
  #putFirst(said: EngineEvent): void {
    const others = this.#events.filter(({ kind }) => kind !== 'consented');
    this.#events.splice(0, this.#events.length, said, ...others);
  }

  /** A moment that came is over, and what the disk refused to do in it must not be done after it. */
  momentOver(): void {
    for (let at = this.#events.length - 1; at >= 0; at -= 1)
      if (this.#events[at]!.kind === 'moment-came') this.#events.splice(at, 1);
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
        const sequence = sequenceOf(event);
        this.#troubled({ ...failureOf(error).problem, ...(sequence === undefined ? {} : { sequence }) });
        return;
      }
      this.#refusals = 0;
      this.#events.shift();
    }
    this.#isBusy = false;
    this.#troubled(undefined);
  }

  #troubled(problem: Problem | undefined): void {
    const before = this.#trouble;
    if (before?.code === problem?.code && before?.sequence === problem?.sequence) return;
    this.#trouble =
      problem === undefined
        ? undefined
        : dated(
            { ...problem, message: `the agent can't write down what it is to do: ${problem.message}` },
            this.#nowMs(),
          );
    this.#onTrouble();
  }
}
