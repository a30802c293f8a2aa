/**
 * The engine's decisions against what they promise, over random lives: deployments come and are refused, fetches succeed
 * and fail, files rot, applications do well or badly, and the power goes between any two steps. The model knows only
 * promises, not the machine.
 */
import test from 'ava';
import fc from 'fast-check';
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

const windows = { activate: [{ cron: '0 2 * * *', seconds: 3600, timeZone: 'UTC' }] };

function slotOf(sequence: number): Slot {
  return { sequence, revision: '', envelope: `envelope ${sequence}`, probationSeconds: 1 };
}

/** Every other one may be activated in its windows only. */
function slotInLife(sequence: number): Slot {
  return sequence % 2 === 0 ? { ...slotOf(sequence), windows } : slotOf(sequence);
}

/** What the promises are about, as seen from outside. */
interface Promises {
  highest: number;
  good: number | undefined;
  /** Sequences that were given up: never to be tried again. */
  readonly givenUp: Set<number>;
  /** All of whose applications were started once, while they were on trial. */
  readonly haveRun: Set<number>;
  /** What newer ones took the place of while it was on trial, and which had run without fault, newest first; until something is good. */
  superseded: readonly number[];
}

function noPromises(): Promises {
  return { highest: 0, good: undefined, givenUp: new Set(), haveRun: new Set(), superseded: [] };
}

/** Does steps as the real runner would, in a world of sequence numbers. */
class World {
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
    if (event.kind === 'window-opened') this.openFor = event.sequence;
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
      case 'await-window':
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

  /** What has windows is started anew in an open one; what was started goes on whenever it boots. */
  #checkWindow({ slot }: Extract<Step, { kind: 'activate' }>): void {
    const isFirst = trialOf(this.durable.engine)?.slot.sequence === slot.sequence && !this.#started.has(slot.sequence);
    if (isFirst && slot.windows !== undefined)
      assert(this.openFor === slot.sequence, 'activates outside of its window');
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
    const isStaged = this.durable.engine.state === 'staged';
    if (target !== undefined && !isStaged) assert(this.fetching === target, 'on the way to what nobody fetches');
    if (isStaged) assert(this.awaiting === target, 'staged, and nothing waits for its window');
  }
}

function assert(isTrue: boolean, promise: string): void {
  if (!isTrue) throw new Error(promise);
}

const problem = { code: 'ANY', message: 'any' };

/** What the outside world may do next. Sequences come a little older and newer than the highest. */
type Happening =
  | { readonly kind: 'offer'; readonly ahead: number; readonly isOther: boolean }
  | {
      readonly kind:
        | 'fetched'
        | 'fetch-failed'
        | 'healthy'
        | 'failing'
        | 'refused'
        | 'power-cut'
        | 'repaired'
        | 'opened';
    }
  | { readonly kind: 'power-cut-soon'; readonly steps: number }
  | { readonly kind: 'activated'; readonly how: 'well' | 'damaged' | 'lost' | 'failed' }
  | { readonly kind: 'scrub'; readonly finds: 'nothing' | 'damaged' | 'lost' }
  | { readonly kind: 'stale'; readonly sequence: number };

const happenings: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ kind: fc.constant('offer' as const), ahead: fc.integer({ min: -2, max: 3 }), isOther: fc.boolean() }),
  ...(
    ['fetched', 'fetched', 'fetch-failed', 'healthy', 'failing', 'refused', 'power-cut', 'repaired', 'opened'] as const
  ).map((kind) => fc.constant({ kind })),
  fc.record({ kind: fc.constant('power-cut-soon' as const), steps: fc.nat(5) }),
  fc.record({
    kind: fc.constant('activated' as const),
    how: fc.constantFrom('well' as const, 'well' as const, 'damaged' as const, 'lost' as const, 'failed' as const),
  }),
  fc.record({
    kind: fc.constant('scrub' as const),
    finds: fc.constantFrom('nothing' as const, 'damaged' as const, 'lost' as const),
  }),
  fc.record({ kind: fc.constant('stale' as const), sequence: fc.nat(6) }),
);

/** The event, if it can happen in this world now. */
function eventOf(happening: Happening, world: World): readonly EngineEvent[] {
  switch (happening.kind) {
    case 'offer': {
      const slot = slotInLife(Math.max(1, world.durable.highest.sequence + happening.ahead));
      const offered = happening.isOther ? { ...slot, envelope: `${slot.envelope}, another` } : slot;
      return [{ kind: 'offered', slot: offered, envelope: '' }];
    }
    case 'fetched':
    case 'fetch-failed': {
      const sequence = world.fetching;
      if (sequence === undefined) return [];
      return happening.kind === 'fetched'
        ? [{ kind: 'fetched', sequence, downloads: [] }]
        : [{ kind: 'fetch-failed', sequence, problem }];
    }
    case 'opened':
      return world.awaiting === undefined ? [] : [{ kind: 'window-opened', sequence: world.awaiting }];
    case 'repaired':
      return world.repairing === undefined ? [] : [{ kind: 'fetched', sequence: world.repairing, downloads: [] }];
    case 'healthy':
    case 'failing': {
      const sequence = world.watching;
      if (sequence === undefined) return [];
      return happening.kind === 'healthy'
        ? [{ kind: 'judged-healthy', sequence }]
        : [{ kind: 'judged-failing', sequence, problem }];
    }
    case 'activated':
      return activationEvent(happening.how, world);
    case 'scrub':
      return [{ kind: 'scrub-due' }];
    case 'stale': {
      const { sequence } = happening;
      if (sequence === world.activating?.sequence || sequence === world.fetching) return [];
      return [{ kind: 'fetched', sequence, downloads: [] }];
    }
    case 'refused':
      return [{ kind: 'refused', problem }];
    case 'power-cut':
    case 'power-cut-soon':
      return [];
    default:
      return happening satisfies never;
  }
}

function activationEvent(how: 'well' | 'damaged' | 'lost' | 'failed', world: World): readonly EngineEvent[] {
  if (world.activating === undefined) return [];
  const { sequence, lastResort } = world.activating;
  if (how === 'well') return [{ kind: 'activated', sequence }];
  if (how === 'failed') return lastResort ? [] : [{ kind: 'activation-failed', sequence, problem }];
  return [
    { kind: 'damaged', sequence, repairable: how === 'damaged', problem: { code: 'MODULE_DAMAGED', message: '' } },
  ];
}

/** With no more faults, whatever it was on the way to becomes the good one. */
function converge(world: World, promises: Promises): void {
  world.cutPowerAfter(Number.POSITIVE_INFINITY);
  world.boot(promises);
  const last = promises.highest + 1;
  world.happen({ kind: 'offered', slot: slotInLife(last), envelope: '' }, promises);
  for (const kind of ['fetched', 'opened', 'activated', 'healthy'] as const) {
    const happening: Happening = kind === 'activated' ? { kind, how: 'well' } : { kind };
    for (const event of eventOf(happening, world)) world.happen(event, promises);
  }
  assert(world.durable.good?.slot.sequence === last, 'did not converge');
  assert(world.durable.engine.state === 'active', 'did not come to rest');
  assert(world.durable.problem === undefined, 'a problem outlived its cause');
}

test('over any life the sequence never goes back, the good one is held and runs, and all converges', (t) => {
  fc.assert(
    fc.property(fc.array(happenings, { maxLength: 60 }), (life) => {
      const world = new World();
      const promises = noPromises();
      world.boot(promises);
      for (const happening of life) {
        if (happening.kind === 'power-cut') world.boot(promises);
        if (happening.kind === 'power-cut-soon') world.cutPowerAfter(happening.steps);
        for (const event of eventOf(happening, world)) world.happen(event, promises);
        if (happening.kind === 'scrub') world.finishScrub(happening.finds, promises);
      }
      converge(world, promises);
    }),
    { numRuns: 3000, includeErrorInReport: true },
  );
  t.pass();
});

test('a deployment that keeps the agent from staying up is given up after so many starts', (t) => {
  const world = new World();
  const promises = noPromises();
  world.boot(promises);
  world.happen({ kind: 'offered', slot: slotOf(1), envelope: '' }, promises);
  world.happen({ kind: 'fetched', sequence: 1, downloads: [] }, promises);
  for (let starts = 1; starts < startsMax; starts++) {
    world.boot(promises);
    t.is(world.durable.engine.state, 'activating');
  }
  world.boot(promises);
  t.is(world.durable.engine.state, 'idle');
  t.is(world.durable.problem?.code, 'TRIAL_INTERRUPTED');
});

/** A world in which a deployment is on probation, with nothing good behind it. */
function onProbation(): { readonly world: World; readonly promises: Promises; offer(sequence: number): void } {
  const world = new World();
  const promises = noPromises();
  const offer = (sequence: number): void => {
    world.happen({ kind: 'offered', slot: slotOf(sequence), envelope: '' }, promises);
    world.happen({ kind: 'fetched', sequence, downloads: [] }, promises);
    world.happen({ kind: 'activated', sequence }, promises);
  };
  world.boot(promises);
  offer(1);
  return { world, promises, offer };
}

test('what ran without fault until a newer one took its place runs again when that one fails, and may become good', (t) => {
  const { world, promises, offer } = onProbation();
  offer(2);
  t.is(world.runs, 2);
  world.happen({ kind: 'judged-failing', sequence: 2, problem }, promises);
  t.is(world.runs, 1);
  world.happen({ kind: 'activated', sequence: 1 }, promises);
  world.happen({ kind: 'judged-healthy', sequence: 1 }, promises);
  t.is(world.durable.good?.slot.sequence, 1);
  t.is(world.durable.problem?.code, problem.code, 'why the newer one does not run stays told');
});

test('of several commits in a row that fail only later, what ran without fault before them runs again', (t) => {
  const { world, promises, offer } = onProbation();
  for (const sequence of [2, 3, 4]) offer(sequence);
  const held = (): readonly number[] => heldSlots(world.durable).map(({ sequence }) => sequence);
  t.deepEqual(held(), [3, 2, 1, 4]);
  for (const sequence of [4, 3, 2]) {
    world.happen({ kind: 'judged-failing', sequence, problem }, promises);
    world.boot(promises);
    world.happen({ kind: 'activated', sequence: sequence - 1 }, promises);
  }
  t.is(world.runs, 1);
  for (const sequence of [5, 6, 7, 8, 9]) offer(sequence);
  t.is(held().length, fallbacksMax + 1, 'and no more of them take the disk than these');
});

test('what never ran is not kept in the place of what did', (t) => {
  const { world, promises, offer } = onProbation();
  world.happen({ kind: 'offered', slot: slotOf(2), envelope: '' }, promises);
  world.happen({ kind: 'fetched', sequence: 2, downloads: [] }, promises);
  offer(3);
  world.happen({ kind: 'judged-failing', sequence: 3, problem }, promises);
  t.is(world.runs, 1);
  world.boot(promises);
  t.is(world.runs, 1, 'also after a power cut');
});

test('once something newer is good, what it superseded on trial never runs again', (t) => {
  const { world, promises, offer } = onProbation();
  offer(2);
  world.happen({ kind: 'judged-healthy', sequence: 2 }, promises);
  offer(3);
  world.happen({ kind: 'judged-failing', sequence: 3, problem }, promises);
  t.is(world.runs, 2);
  t.deepEqual(
    heldSlots(world.durable).map(({ sequence }) => sequence),
    [2],
  );
});
