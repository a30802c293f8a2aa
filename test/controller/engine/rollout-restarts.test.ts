/** Rollouts whose controller dies, can't write, or comes back as it was an hour ago. */
import test from 'ava';
import fc from 'fast-check';
import type { DesiredFleet } from '../../../controller/manifests/desired.ts';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import type { StatePort } from '../../../controller/state/state-port.ts';
import type { FleetRollout } from '../../../schemas/generated/types.ts';
import { copyOf, desiredOf, minuteMs, RolloutScene, type Word } from './rollout-scene.ts';

const names = ['one', 'two', 'three', 'four', 'five', 'six'];

/** Three devices of a ship each, two ships. */
const devices = Object.fromEntries(names.map((name, at) => [name, { kind: `ship-${at % 2}` }]));

const rollout: FleetRollout = {
  waves: [{ name: 'canary', limit: 1, soak: '10m', gate: { failures: 1 } }, { name: 'rest' }],
  budget: { groupBy: 'kind', maxUnavailable: 1 },
  gate: { failures: 2, success: '1%', patience: '2h' },
};

type Happening =
  | { readonly kind: 'say'; readonly word: Word; readonly drawn: number; readonly isCutOff: boolean }
  | { readonly kind: 'pass'; readonly minutes: number }
  | { readonly kind: 'restart' }
  | { readonly kind: 'full disk' };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('say' as const),
      word: fc.constantFrom<Word[]>('fetching', 'runs', 'runs', 'runs', 'runs', 'runs', 'gave up'),
      drawn: fc.nat(5),
      isCutOff: fc.nat(4).map((drawn) => drawn === 0),
    }),
  },
  fc.record({ kind: fc.constant('pass' as const), minutes: fc.integer({ min: 1, max: 90 }) }),
  fc.constant({ kind: 'restart' as const }),
  fc.constant({ kind: 'full disk' as const }),
);

/** A state that can't be written for a while. */
function failing(state: StatePort): { readonly state: StatePort; isFull: boolean } {
  const fault = {
    isFull: false,
    state: {
      ...{ load: state.load.bind(state), read: state.read.bind(state), close: state.close.bind(state) },
      commit: async (...args: Parameters<StatePort['commit']>) => {
        if (fault.isFull) throw new Error('no space left');
        await state.commit(...args);
      },
    } as StatePort,
  };
  return fault;
}

/** What is wrong although all is quiet. */
function wrong(scene: RolloutScene, waveOf: ReadonlyMap<string, number>): string | undefined {
  const { rollout: at } = scene;
  const offered = names.filter((name) => scene.has(name) === '1.1.0');
  for (const name of offered) {
    if (at !== undefined && waveOf.get(name)! > at.wave) return `${name} was offered it before its wave`;
  }
  for (const kind of new Set(names.map((name) => devices[name]!.kind))) {
    const away = names.filter((name) => devices[name]!.kind === kind && scene.isAway(name));
    if (away.length > 1) return `${away.join(' and ')} are on their way at once`;
  }
  // Each deployment after the first: to the target, and maybe back when it was halted.
  const sequences = names.map((name) => scene.issued(name)?.sequence ?? 0);
  const max = at?.state === 'halted' || at?.state === 'reverting' ? 3 : 2;
  return sequences.some((sequence) => sequence > max) ? `something went twice: ${sequences}` : undefined;
}

function judge(scene: RolloutScene, waveOf: ReadonlyMap<string, number>): void {
  const what = wrong(scene, waveOf);
  if (what !== undefined) throw new Error(what);
}

/** Somebody that something is expected of. */
function spokesman(scene: RolloutScene, drawn: number): readonly string[] {
  const away = names.filter((name) => scene.isAway(name));
  return away.length === 0 ? [] : [away[drawn % away.length]!];
}

async function happen(
  scene: RolloutScene,
  one: Happening,
  fault: { isFull: boolean },
  desired: DesiredFleet,
): Promise<void> {
  switch (one.kind) {
    case 'pass':
      return scene.pass(one.minutes * minuteMs);
    case 'restart':
      return scene.restart(desired);
    case 'full disk':
      fault.isFull = true;
      await scene.say('runs', ...spokesman(scene, 0));
      await scene.pass(minuteMs);
      fault.isFull = false;
      return scene.pass(10 * minuteMs);
    case 'say': {
      const saying = scene.say(one.word, ...spokesman(scene, one.drawn));
      if (one.isCutOff) await scene.restart(desired);
      return saying;
    }
    default:
      throw one satisfies never;
  }
}

test('whenever the controller dies or can not write, nothing goes twice, no wave is skipped and no budget passed', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 5, maxLength: 30 }), async (happenings) => {
      const fault = failing(openSqliteState(':memory:'));
      const scene = await RolloutScene.open(undefined, fault.state);
      await scene.commit({ release: '1.0.0', devices });
      await scene.say('runs', ...names);
      const desired = await scene.commit({ release: '1.1.0', rollout, devices });
      const waveOf = scene.waves;
      for (const one of happenings) {
        await happen(scene, one, fault, desired);
        judge(scene, waveOf);
      }
      // What is healed comes to its end; what was said and not heard is said again.
      await scene.repeat(...names);
      for (let round = 0; round < 12; round += 1) {
        await scene.say('runs', ...names.filter((name) => scene.isAway(name)));
        await scene.pass(11 * minuteMs);
        judge(scene, waveOf);
      }
      if (!['done', 'halted'].includes(scene.rollout!.state)) throw new Error(JSON.stringify(scene.view));
    }),
    { numRuns: 40, includeErrorInReport: true } as never,
  );
  t.pass();
});

test('a controller that comes back as it was an hour ago takes no device back, and the rollout comes to its end', async (t) => {
  const scene = await RolloutScene.open();
  await scene.commit({ release: '1.0.0', devices });
  await scene.say('runs', ...names);
  const desired = await scene.commit({ release: '1.1.0', rollout, devices });
  const copy = await copyOf(scene.state);
  for (let round = 0; round < 12; round += 1) {
    await scene.say('runs', ...names);
    await scene.pass(11 * minuteMs);
  }
  t.is(scene.rollout?.state, 'done');
  const before = scene.signed.length;
  await scene.restart(desired, copy);
  t.is(scene.rollout?.state, 'running');
  for (let round = 0; round < 12; round += 1) {
    await scene.repeat(...names);
    await scene.pass(11 * minuteMs);
    await scene.say('runs', ...names);
  }
  t.like(scene.rollout, { state: 'done' });
  t.deepEqual(
    scene.signed.slice(before).filter(({ release }) => release !== '1.1.0'),
    [],
  );
  t.deepEqual(
    names.map((name) => scene.has(name)),
    names.map(() => '1.1.0'),
  );
});

test('after a start nobody is offered anything before all devices of the fleet are counted', async (t) => {
  const scene = await RolloutScene.open();
  await scene.commit({ release: '1.0.0', devices });
  await scene.say('runs', ...names);
  const all: FleetRollout = { budget: { groupBy: 'fleet', maxUnavailable: 1 } };
  const probe = await RolloutScene.open();
  await probe.commit({ release: '1.1.0', rollout: all, devices });
  // Who is looked at first is held until the controller ends, and another one is on its way.
  const [first] = [...probe.waves.keys()] as [string];
  const held = { ...devices, [first]: { ...devices[first], hold: { reason: 'sea trial' } } };
  await scene.commit({ release: '1.1.0', rollout: all, devices: held });
  t.is(names.filter((name) => scene.isAway(name)).length, 1);
  await scene.restart(desiredOf({ release: '1.1.0', rollout: all, devices }));
  t.is(names.filter((name) => scene.isAway(name)).length, 1);
  t.is(scene.has(first), '1.0.0');
});
