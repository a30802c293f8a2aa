import test from 'ava';
import fc from 'fast-check';
import type { ContactHabit } from '../../../controller/simulation/contacts.ts';
import { simulate } from '../../../controller/simulation/simulate.ts';
import type { SimulatedRun, Simulation } from '../../../controller/simulation/simulation.ts';
import type { FleetRollout, RolloutWave } from '../../../schemas/generated/types.ts';
import { desiredOf, type Wanted } from '../engine/rollout-scene.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const startMs = Date.parse('2026-06-01T00:00:00Z');

const always: ContactHabit = { kind: 'always' };

const canary: FleetRollout = {
  waves: [{ name: 'canary', limit: 2, soak: '2h' }, { name: 'rest' }],
  gate: { success: '90%', patience: '5d', failures: '40%' },
};

interface Asked extends Partial<Omit<Simulation, 'base' | 'next' | 'changes'>> {
  readonly rollout?: FleetRollout;
  readonly count?: number;
  /** When the hold of the first ship ends. */
  readonly heldUntil?: string;
}

/** Ships that get another release of their pump. */
function simulation({ rollout = canary, count = 6, heldUntil, ...more }: Asked = {}): Simulation {
  const names = Array.from({ length: count }, (_, at) => `ship-${at}`);
  const hold = heldUntil && { hold: { reason: 'dock', until: heldUntil } };
  const devices: Wanted['devices'] = Object.fromEntries(names.map((name, at) => [name, { ...(at === 0 && hold) }]));
  const [before, after] = (['1.0.0', '1.1.0'] as const).map((release) => desiredOf({ release, rollout, devices }));
  const load = { link: 'vsat', bytes: 1_000, ms: 8_000, price: 0.5, currency: 'EUR' };
  return {
    base: { id: 'a'.repeat(40), subject: 'before', desired: before! },
    next: { id: 'b'.repeat(40), subject: 'after', desired: after! },
    fleets: ['ships'],
    changes: names.map((device) => ({ device, fleet: 'ships', loads: [load] })),
    ...{
      startMs,
      horizonMs: 60 * dayMs,
      failShare: 0,
      habitOf: () => always,
      usedOf: () => [],
    },
    ...{ approveAfterMs: 0, consentAfterMs: 0, whenTrueShare: 1 },
    ...more,
  };
}

async function shipsOf(asked: Asked, seed = 1) {
  const [run] = await simulate(simulation(asked), [seed]);
  return run!.fleets[0]!;
}

const waveArbitrary = fc.record<Omit<RolloutWave, 'name'>>(
  {
    limit: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constantFrom('10%', '50%')),
    soak: fc.constantFrom('1m', '3h', '2d'),
    approve: fc.constantFrom('before', 'after'),
  },
  { requiredKeys: ['limit'] },
);

test('without failures and always in contact all waves end in order, and every device that a plan counts fetches what it says, once', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(waveArbitrary, { maxLength: 3 }),
      fc.integer({ min: 4, max: 9 }),
      fc.integer({ min: 1, max: 100 }),
      async (waves, count, seed) => {
        const named = waves.map((wave, at) => ({ name: `wave-${at}`, ...wave }));
        const rollout: FleetRollout = { waves: [{ name: 'first', limit: 1 }, ...named, { name: 'rest' }] };
        const [run] = await simulate(simulation({ rollout, count }), [seed]);
        const { fleets, links } = run!;
        const [{ waves: lived, ...ships } = fail()] = fleets;
        t.like(ships, { outcome: 'done', devices: count, updated: count, failed: 0 });
        const moments = lived.flatMap(({ startMs: start, endMs }) => [start!, endMs!]);
        t.deepEqual(
          moments,
          [...moments].sort((left, right) => left - right),
        );
        t.true(moments.every(Number.isFinite));
        t.deepEqual(links, [{ link: 'vsat', currency: 'EUR', bytes: 1_000 * count, price: 0.5 * count }]);
      },
    ),
    { numRuns: 6 },
  );
});

function fail(): never {
  throw new Error('there is no fleet');
}

test('a wave lasts as long as its fetches, probation and soak, and the next begins with its end', async (t) => {
  const { waves } = await shipsOf({});
  // Heard after 2 s, 8 s over the link, started in 10 s, 30 s on probation, told 2 s later; then watched.
  t.deepEqual(waves[0], { wave: 'canary', startMs: 0, endMs: 52_000 + 2 * hourMs });
  t.deepEqual(waves[1], { wave: 'rest', startMs: waves[0]!.endMs!, endMs: waves[0]!.endMs! + 52_000 });
});

test('the same seed is the same run, and another one is another', async (t) => {
  const ships = simulation({ habitOf: () => ({ kind: 'ship' }), failShare: 0.2 });
  const [first, second, again] = await simulate(ships, [1, 2, 1]);
  t.deepEqual(again, first);
  t.notDeepEqual(second?.fleets, first?.fleets);
  t.deepEqual(await simulate(ships, [2]), [second!]);
});

test('updates that fail on their devices halt the rollout with the reason that people are told, and those after it are spared', async (t) => {
  const { outcome, reason, updated, failed, waves } = await shipsOf({ failShare: 1 });
  t.is(outcome, 'halted');
  t.is(reason, '1 of 2 devices of wave canary failed; 1 halt it');
  t.deepEqual([updated, failed, waves[1]], [0, 2, { wave: 'rest' }]);
});

test('devices that were taken back after a failure count as left, in a run that ends', async (t) => {
  const seen = await simulate(
    simulation({ rollout: { ...canary, gate: { failures: 1 }, onFailure: 'revert' }, failShare: 0.15 }),
    [1, 2, 3, 4, 5, 6, 7, 8],
  );
  const halted = seen.flatMap(({ fleets, endMs }) =>
    fleets[0]!.outcome === 'halted' ? [{ ...fleets[0]!, endMs }] : [],
  );
  t.true(halted.length > 0 && halted.length < seen.length);
  t.true(
    halted.some(({ waves }) => waves[1]!.startMs !== undefined),
    'some of them after their canaries ran it',
  );
  for (const { endMs, allMs, updated } of halted) t.true(endMs < dayMs && allMs === undefined && updated === 0);
});

test('a ship that is dark from the beginning holds its wave until patience is over, and runs it when it is back', async (t) => {
  const habitOf = (place: string): ContactHabit =>
    place === 'ship-3' ? { kind: 'always', darkMs: 14 * dayMs } : always;
  const { waves, allMs, updated } = await shipsOf({ habitOf });
  const [, rest] = waves;
  t.is(rest!.endMs! - rest!.startMs!, 5 * dayMs);
  t.is(updated, 6);
  t.true(allMs! > 14 * dayMs && allMs! < 14 * dayMs + hourMs);
});

test('what is not over at the horizon is under way', async (t) => {
  const habitOf = (): ContactHabit => ({ kind: 'always', darkMs: 14 * dayMs });
  t.like(await shipsOf({ habitOf, horizonMs: dayMs }), { outcome: 'under-way', updated: 0, failed: 0 });
});

test('a first commit has nothing that its devices could go back to, and reaches them', async (t) => {
  const { base: _none, ...first } = simulation();
  const [run] = (await simulate(first, [1])) as [SimulatedRun];
  t.like(run.fleets[0], { outcome: 'done', updated: 6 });
});

test('a wave that somebody says yes to before it starts, and one after which somebody does, each wait so long for it', async (t) => {
  const waves: FleetRollout['waves'] = [
    { name: 'canary', limit: 2, soak: '2h', approve: 'before' },
    { name: 'more', limit: 2, soak: '1h', approve: 'after' },
    { name: 'rest' },
  ];
  const { waves: lived, outcome } = await shipsOf({ rollout: { ...canary, waves }, approveAfterMs: 4 * hourMs });
  const [canaryEnds, moreEnds] = [6 * hourMs + 52_000, 11 * hourMs + 104_000];
  t.is(outcome, 'done');
  t.deepEqual(lived, [
    { wave: 'canary', startMs: 4 * hourMs, endMs: canaryEnds },
    { wave: 'more', startMs: canaryEnds, endMs: moreEnds },
    { wave: 'rest', startMs: moreEnds, endMs: moreEnds + 52_000 },
  ]);
});

test('a device that is held comes to it when its hold ends, however long the others have had it', async (t) => {
  const { outcome, updated, allMs, waves } = await shipsOf({ heldUntil: '2026-06-09T00:00:00Z' });
  t.like({ outcome, updated }, { outcome: 'done', updated: 6 });
  t.true(waves.at(-1)!.endMs! < dayMs);
  t.true(allMs! >= 8 * dayMs && allMs! < 8 * dayMs + 5 * 60_000, `${allMs}`);
});
