/**
 * What the update engine promises, as seen from outside, and a world of sequence numbers that holds its decisions to it. The model
 * knows only promises, not the machine.
 */
import { isGated } from '../../../device-agent/interlocks/gates.ts';
import { decide, type EngineEvent, startsMax } from '../../../device-agent/update/decide.ts';
import {
  emptyMemory,
  fallbacksMax,
  fallbacksOf,
  heldSlots,
  type Memory,
  runningOf,
  type Slot,
  targetOf,
  trialOf,
} from '../../../device-agent/update/state.ts';
import type { Step } from '../../../device-agent/update/steps.ts';

/** What is told of whatever goes wrong. */
export const problem = { code: 'ANY', message: 'any' };

/** A deployment without windows. */
export function slotOf(sequence: number): Slot {
  return { sequence, revision: '', envelope: `envelope ${sequence}`, probationSeconds: 1 };
}

/** What the promises are about, as seen from outside. */
export interface Promises {
  highest: number;
  good: number | undefined;
  /** Sequences that were given up: never to be tried again. */
  readonly givenUp: Set<number>;
  /** All of whose applications were started once, while they were on trial. */
  readonly haveRun: Set<number>;
  /** What newer ones took the place of while it was on trial, and which had run without fault, newest first; until something is good. */
  superseded: readonly number[];
}

/** Before anything happened. */
export function noPromises(): Promises {
  return { highest: 0, good: undefined, givenUp: new Set(), haveRun: new Set(), superseded: [] };
}

/** Does steps as the real runner would, in a world of sequence numbers. */
export class World {
  durable: Memory = emptyMemory;
  readonly envelopes = new Set<string>();
  fetching: number | undefined;
  /** Whose window to activate it is waited for. */
  awaiting: number | undefined;
  repairing: number | undefined;
  activating: { readonly sequence: number; readonly lastResort: boolean } | undefined;
  watching: number | undefined;
  isScrubbing = false;
  /** What the app host was told last to run. */
  runs: number | undefined;
  /** Whom the event that is being handled judged healthy. */
  #judged: number | undefined;
  readonly #started = new Set<number>();
  /** Whom the event that is being handled told that its window is open; what was then committed may be started after a power cut. */
  openFor: number | undefined;
  #stepsLeft = Number.POSITIVE_INFINITY;

  cutPowerAfter(steps: number): void {
    this.#stepsLeft = steps;
  }

  happen(event: EngineEvent, promises: Promises): void {
    this.#judged = event.kind === 'judged-healthy' ? event.sequence : undefined;
    if (event.kind === 'moment-came') this.openFor = event.sequence;
    const isTrial = 'sequence' in event && trialOf(this.durable.engine)?.slot.sequence === event.sequence;
    if (event.kind === 'activated' && isTrial && this.#stepsLeft > 0) promises.haveRun.add(event.sequence);
    for (const step of decide(this.durable, event, 1)) {
      if (this.#stepsLeft === 0) {
        this.boot(promises);
        return;
      }
      this.#stepsLeft -= 1;
      this.#do(step, promises);
    }
    this.#check(promises);
  }

  /** What the look at the disk finds of the good one. */
  finishScrub(finds: 'nothing' | 'damaged' | 'lost', promises: Promises): void {
    const sequence = this.durable.good?.slot.sequence;
    if (this.isScrubbing && finds !== 'nothing' && sequence !== undefined) {
      this.happen({ kind: 'damaged', sequence, repairable: finds === 'damaged', problem }, promises);
    }
    this.isScrubbing = false;
  }

  boot(promises: Promises): void {
    this.#stepsLeft = Number.POSITIVE_INFINITY;
    this.fetching = this.awaiting = this.repairing = this.activating = this.watching = this.runs = undefined;
    this.isScrubbing = false;
    this.happen({ kind: 'booted' }, promises);
  }

  #do(step: Step, promises: Promises): void {
    const { sequence } = 'slot' in step ? step.slot : { sequence: 0 };
    const isHeld = 'slot' in step && heldSlots(this.durable).some((slot) => slot.sequence === sequence);
    switch (step.kind) {
      case 'keep-envelope':
        this.envelopes.add(step.slot.envelope);
        return;
      case 'commit':
        for (const slot of heldSlots(step.memory)) assert(this.envelopes.has(slot.envelope), 'held without envelope');
        this.#checkCommit(step.memory, promises);
        this.durable = step.memory;
        return;
      case 'fetch':
        assert(isHeld, 'fetches what is not held');
        this.fetching = sequence;
        this.awaiting = undefined;
        return;
      case 'await-moment':
        assert(isHeld, 'waits to activate what is not held');
        this.fetching = undefined;
        this.awaiting = sequence;
        return;
      case 'repair':
        assert(promises.good === sequence, 'repairs what is not good');
        this.repairing = sequence;
        return;
      case 'activate':
        assert(isHeld, 'activates what is not held');
        assert(!promises.givenUp.has(sequence), 'activates what was given up');
        assert(
          step.lastResort === (sequence === this.durable.good?.slot.sequence),
          'only the good one is a last resort',
        );
        this.#checkBefore(step);
        this.#checkWindow(step);
        this.activating = { sequence, lastResort: step.lastResort };
        this.runs = sequence;
        return;
      case 'clear':
        assert(promises.good === undefined, 'runs nothing although something is good');
        assert(promises.superseded.length === 0, 'runs nothing although something ran without fault');
        this.activating = undefined;
        this.runs = undefined;
        return;
      case 'watch':
        assert(trialOf(this.durable.engine)?.slot.sequence === sequence, 'watches what is not on trial');
        this.watching = sequence;
        return;
      case 'unwatch':
        this.watching = undefined;
        return;
      case 'collect':
        assert(this.durable.engine.state === 'active', 'collects while something is under way');
        return;
      case 'scrub':
        assert(trialOf(this.durable.engine) === undefined, 'looks at the disk while something else is tried');
        this.isScrubbing = true;
        return;
      default:
        step satisfies never;
    }
  }

  #checkCommit(next: Memory, promises: Promises): void {
    assert(next.highest.sequence >= promises.highest, 'the sequence went back');
    promises.highest = next.highest.sequence;
    const good = next.good?.slot.sequence;
    if (good !== promises.good) {
      assert(good !== undefined && good === this.#judged, 'good without having been judged');
      promises.good = good;
      promises.superseded = [];
    }
    const was = trialOf(this.durable.engine)?.slot.sequence;
    const isTrial = trialOf(next.engine)?.slot.sequence === was;
    const isTarget = targetOf(next.engine)?.sequence === was;
    const isKept = fallbacksOf(next).some(({ slot }) => slot.sequence === was);
    if (was !== undefined && !isTrial && !isTarget && !isKept && good !== was) promises.givenUp.add(was);
    if (was !== undefined && !isTrial && good !== was) this.#checkLeft(was, next, promises);
    assert((trialOf(next.engine)?.starts ?? 0) <= startsMax, 'started too often');
    assert((next.engine.state === 'active') <= (good !== undefined), 'active without anything good');
  }

  /** A trial runs in the place of what would run without it, whose state it may take over; that is held as long as it may come back. */
  #checkBefore({ slot, before }: Extract<Step, { kind: 'activate' }>): void {
    const { good, fallback } = this.durable;
    const expected = (fallback ?? good)?.slot.sequence;
    assert(before === undefined || before.sequence === expected, 'takes the place of what is not held');
    assert(before?.sequence !== slot.sequence, 'takes its own place');
  }

  /** What has windows or needs consent is started anew in its moment; what was started goes on whenever it boots. */
  #checkWindow({ slot }: Extract<Step, { kind: 'activate' }>): void {
    const isFirst = trialOf(this.durable.engine)?.slot.sequence === slot.sequence && !this.#started.has(slot.sequence);
    if (isFirst && isGated('activate', slot)) assert(this.openFor === slot.sequence, 'activates outside of its window');
    const isAsked = isFirst && slot.consent !== undefined;
    if (isAsked) assert(this.durable.consent?.answer === 'granted', 'activates what nobody said yes to');
    this.#started.add(slot.sequence);
  }

  /** A trial ended without having become good: a newer one took its place, or it failed. */
  #checkLeft(was: number, next: Memory, promises: Promises): void {
    const trial = trialOf(next.engine)?.slot.sequence;
    const isSuperseded = trial !== undefined && trial === targetOf(this.durable.engine)?.sequence;
    if (isSuperseded) {
      if (promises.haveRun.has(was)) promises.superseded = [was, ...promises.superseded].slice(0, fallbacksMax);
      return;
    }
    const [newest, ...older] = promises.superseded;
    assert(trial === newest, 'does not run again what ran without fault before');
    promises.superseded = older;
  }

  /** What must hold whenever an event is done with. */
  #check(promises: Promises): void {
    const running = runningOf(this.durable)?.slot.sequence;
    if (promises.good !== undefined) assert(this.runs !== undefined, 'something is good and nothing runs');
    assert(this.runs === running, `runs ${this.runs}, the memory says ${running}`);
    const target = targetOf(this.durable.engine)?.sequence;
    const said = this.durable.consent?.sequence ?? target;
    assert(target === undefined || said === undefined || said >= target, 'a yes outlived what it was said to');
    const isStaged = this.durable.engine.state === 'staged';
    if (target !== undefined && !isStaged) assert(this.fetching === target, 'on the way to what nobody fetches');
    if (isStaged) assert(this.awaiting === target, 'staged, and nothing waits for its window');
  }
}

/** Throws what was promised where it is not so. */
export function assert(isTrue: boolean, promise: string): void {
  if (!isTrue) throw new Error(promise);
}
