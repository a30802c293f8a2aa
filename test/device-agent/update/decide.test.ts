/**
 * The engine's decisions against what they promise, over random lives: deployments come and are refused, fetches succeed
 * and fail, files rot, applications do well or badly, and the power goes between any two steps.
 */
import test from 'ava';
import fc from 'fast-check';
import { type EngineEvent, startsMax } from '../../../device-agent/update/decide.ts';
import { fallbacksMax, heldSlots, type Slot } from '../../../device-agent/update/state.ts';
import { assert, noPromises, type Promises, problem, slotOf, World } from './decide-world.ts';

const windows = { activate: [{ cron: '0 2 * * *', seconds: 3600, timeZone: 'UTC' }] };

/** Every other one may be activated in its windows only, some need consent. */
function slotInLife(sequence: number): Slot {
  const slot = sequence % 2 === 0 ? { ...slotOf(sequence), windows } : slotOf(sequence);
  return sequence % 3 === 0 ? { ...slot, consent: 'required' } : slot;
}

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
  | { readonly kind: 'stale' | 'consented'; readonly sequence: number };

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
  fc.record({ kind: fc.constantFrom('stale' as const, 'consented' as const), sequence: fc.nat(6) }),
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
      return world.awaiting === undefined ? [] : [{ kind: 'moment-came', sequence: world.awaiting }];
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
    case 'consented': {
      const { sequence } = happening;
      return [{ kind: 'consented', sequence, consent: { sequence, answer: 'granted', by: 'mate', at: '' } }];
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
  for (const kind of ['fetched', 'consented', 'opened', 'activated', 'healthy'] as const) {
    const happening: Happening =
      kind === 'activated' ? { kind, how: 'well' } : kind === 'consented' ? { kind, sequence: last } : { kind };
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
