/** Waves that wait for deltas: for a fleet of any policy and any history, whatever becomes of the deltas meanwhile. */
import test from 'ava';
import fc from 'fast-check';
import { Book } from '../../../../controller/planning/rollout/book.ts';
import { awaitsDeltas, type Deltas, noneOpen } from '../../../../controller/planning/rollout/deltas.ts';
import { needsYesBefore, openWave, step } from '../../../../controller/planning/rollout/step.ts';
import { strictGate } from './strict-gate.ts';
import { devices, fresh, happenings, minuteMs, policy, settledOn, startMs, World } from './world.ts';

const deltas: fc.Arbitrary<Deltas> = fc.constantFrom<Deltas[]>(
  noneOpen,
  { all: 2, open: 0 },
  { all: 4, open: 3 },
  { all: 1, open: 1 },
  'unknown',
);
const patience = fc.integer({ min: 1, max: 200 }).map((minutes) => minutes * minuteMs);

function areMade(known: Deltas): boolean {
  return known !== 'unknown' && known.open === 0;
}

/** Holds after each thing that happens, the deltas being what they are then. */
function always(holds: (world: World) => boolean): void {
  const told = fc.array(deltas, { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(
      policy,
      patience,
      devices,
      fc.boolean(),
      happenings,
      told,
      (waves, patienceMs, fleet, good, all, says) => {
        const wanted = { ...waves, bytes: { wholeModules: 'allow', patienceMs } } as const;
        const world = new World(wanted, fleet, fresh(good));
        world.deltas = 'unknown';
        world.settle();
        for (const [at, happening] of all.entries()) {
          world.issues = [];
          world.stages = [];
          world.deltas = says[at % says.length]!;
          world.happen(happening);
          if (!holds(world)) return false;
        }
        return true;
      },
    ),
    { numRuns: 300 },
  );
}

test('a wave starts once the deltas to what it brings are made, or patience with them is over, and never before', (t) => {
  always((world) =>
    world.stages.every(({ before, rollout, now }) => {
      const isReadied = (rollout.readyWave ?? -1) > (before.readyWave ?? -1);
      return !isReadied || areMade(world.deltas) || now >= before.waveStartedAt + world.policy.bytes!.patienceMs;
    }),
  );
  always((world) =>
    world.issues.every(({ to, rollout, before }) => {
      const { index } = openWave(world.policy, rollout);
      return to === 'good' || rollout.state !== 'running' || before.wave < index || (rollout.readyWave ?? -1) >= index;
    }),
  );
  t.pass();
});

test('a wave that waits for deltas says how many it lacks and until when, and is looked at again then', (t) => {
  always((world) => {
    const { rollout, policy: wanted, now } = world;
    const { index, wave } = openWave(wanted, rollout);
    const waits = rollout.state === 'running' && !needsYesBefore(wave, rollout) && awaitsDeltas(wanted, rollout, index);
    if (!waits) return true;
    const { verdict, nextAt } = step(rollout, wanted, world.book, now, () => world.deltas);
    const isTold =
      world.deltas === 'unknown' || verdict.message.includes(`${world.deltas.open} of ${world.deltas.all} deltas`);
    return verdict.code === 'NEEDS_DELTAS' && isTold && nextAt !== undefined && nextAt > now;
  });
  t.pass();
});

test('where a fleet says nothing of bytes no wave waits for deltas', (t) => {
  fc.assert(
    fc.property(policy, devices, (wanted, fleet) => {
      const [patient, hasty] = [noneOpen, 'unknown' as const].map((known) => {
        const world = new World(wanted, fleet, fresh(true));
        world.deltas = known;
        world.settle();
        return world;
      });
      t.deepEqual(hasty!.rollout, patient!.rollout);
      t.deepEqual(hasty!.issues, patient!.issues);
    }),
  );
});

test('the yes that a wave waits for comes first, and its patience with deltas counts from then', (t) => {
  const gate = {
    successPercent: 100,
    contacts: { kind: 'count', count: 1 },
    patienceMs: 1,
    failures: { kind: 'count', count: 1 },
  } as const;
  const wanted = {
    waves: [{ name: 'all', gate, soakMs: 0, approve: 'before' }],
    bytes: { wholeModules: 'allow', patienceMs: 60 * minuteMs },
    onFailure: 'halt',
  } as const;
  const world = new World(wanted, [{ wave: 0, on: 'nothing', isHeld: false, observed: {} }], fresh(true));
  world.deltas = { all: 1, open: 1 };
  world.happen({ kind: 'pass', minutes: 90 });
  t.is(world.rollout.reason.code, 'NEEDS_APPROVAL');
  world.happen({ kind: 'act', asked: { act: 'approve', who: 'ana', why: '' } });
  t.is(world.rollout.reason.code, 'NEEDS_DELTAS');
  world.happen({ kind: 'pass', minutes: 59 });
  t.is(world.issues.length, 0);
  world.happen({ kind: 'pass', minutes: 1 });
  t.is(world.issues.length, 1);
  t.is(world.rollout.waveStartedAt, startMs + 150 * minuteMs);
});

test('a wave waits for the deltas from what its own devices have, were told or run, and for no others', (t) => {
  const waves = ['first', 'rest'].map((name) => ({ name, soakMs: 0, gate: strictGate() }));
  const wanted = { waves, bytes: { wholeModules: 'allow', patienceMs: minuteMs }, onFailure: 'halt' } as const;
  const having = (wave: number, told: string, runs?: string) => {
    const { issued, ...observed } = settledOn(1, startMs);
    const applications = [{ name: 'pump', version: told, links: ['maths/2'] }];
    const said = runs === undefined ? {} : { runs };
    return {
      wave,
      on: 'good',
      isHeld: false,
      observed: { ...observed, ...said, issued: { ...issued!, applications } },
    } as const;
  };
  const rollout = fresh(true);
  const book = new Book(wanted, rollout);
  book.note('one', having(0, '3'));
  book.note('two', having(1, '2', 'pump/1 '));
  book.note('three', { ...having(1, '9'), isHeld: true });
  t.deepEqual(
    [0, 1].map((wave) => [...book.basesOf(wave)].sort()),
    [
      ['maths/2', 'pump/3'],
      ['maths/2', 'pump/1', 'pump/2'],
    ],
  );
  const deltasOf = (wave: number) => ({ all: 1, open: book.basesOf(wave).has('pump/1') ? 1 : 0 });
  t.is(step(rollout, wanted, book, startMs, deltasOf).rollout.readyWave, 0);
  const second = step({ ...rollout, wave: 1 }, wanted, book, startMs, deltasOf);
  t.deepEqual([second.verdict.code, second.rollout.readyWave], ['NEEDS_DELTAS', undefined]);
  t.true(book.note('two', having(1, '2', 'pump/2 ')));
  t.is(step(second.rollout, wanted, book, startMs, deltasOf).rollout.readyWave, 1);
});
