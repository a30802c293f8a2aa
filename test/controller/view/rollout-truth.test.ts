/** What is shown of a fleet with waves, whatever happens to it: never better than it is, and the same whoever looks first. */
import test from 'ava';
import fc from 'fast-check';
import type { Asked } from '../../../controller/planning/rollout/act.ts';
import { statusDocument } from '../../../controller/view/status.ts';
import { parseStatusQuery } from '../../../controller/view/status-query.ts';
import { View } from '../../../controller/view/view.ts';
import { Turn } from '../../../platform/turn.ts';
import type { FleetRollout, StatusDocument } from '../../../schemas/generated/types.ts';
import { isStatusDocument } from '../../../schemas/generated/validators/status.js';
import { minuteMs, RolloutScene, type Wanted, type Word } from '../engine/rollout-scene.ts';

const names = ['one', 'two', 'three', 'four', 'five'];

const rollouts: readonly (FleetRollout | undefined)[] = [
  undefined,
  { waves: [{ name: 'canary', limit: 1, soak: '10m', approve: 'manual' }, { name: 'rest' }], onFailure: 'revert' },
  {
    waves: [
      { name: 'first', selector: { matchLabels: { kind: 'canary' } } },
      { name: 'half', limit: '50%' },
    ],
    budget: { groupBy: 'kind', maxUnavailable: 1 },
    gate: { failures: 2, success: '50%', patience: '1h' },
  },
  { waves: [{ name: 'yes', limit: 2, approve: 'before' }, { name: 'rest' }] },
];

interface Commit {
  readonly kind: 'commit';
  readonly release: Wanted['release'];
  readonly rate: number;
  readonly rollout: number;
  /** Devices that are declared, held, and canaries, a bit each. */
  readonly here: number;
  readonly held: number;
  readonly canaries: number;
}

type Happening =
  | Commit
  | { readonly kind: 'say'; readonly word: Word; readonly drawn: number }
  | { readonly kind: 'act'; readonly act: Asked['act']; readonly revert: boolean }
  | { readonly kind: 'pass'; readonly minutes: number };

const bits = fc.nat(2 ** names.length - 1);

const commit: fc.Arbitrary<Commit> = fc.record({
  kind: fc.constant('commit' as const),
  release: fc.constantFrom('1.0.0' as const, '1.1.0' as const),
  rate: fc.integer({ min: 1, max: 2 }),
  rollout: fc.constantFrom(0, 1, 1, 2, 2, 3),
  here: bits.map((drawn) => drawn | 0b111),
  held: bits.map((drawn) => drawn & (drawn >> 1)),
  canaries: bits.map((drawn) => drawn | 1),
});

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('say' as const),
      word: fc.constantFrom<Word[]>('fetching', 'runs', 'runs', 'runs', 'gave up'),
      drawn: fc.nat(names.length - 1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('act' as const),
      act: fc.constantFrom<Asked['act'][]>('pause', 'resume', 'approve', 'abort', 'retry'),
      revert: fc.boolean(),
    }),
  },
  fc.record({ kind: fc.constant('pass' as const), minutes: fc.integer({ min: 1, max: 90 }) }),
  commit,
);

function wantedBy({ release, rate, rollout, here, held, canaries }: Commit): Wanted {
  const has = (set: number, at: number): boolean => ((set >> at) & 1) === 1;
  const declared = names.flatMap((name, at) => {
    if (!has(here, at)) return [];
    const hold = has(held, at) ? { hold: { reason: 'sea trial' } } : {};
    return [[name, { kind: has(canaries, at) ? 'canary' : 'ship', ...hold }] as const];
  });
  const policy = rollouts[rollout];
  return { release, rate, devices: Object.fromEntries(declared), ...(policy === undefined ? {} : { rollout: policy }) };
}

/** Somebody who looks at the scene. */
class Looker {
  readonly #scene: RolloutScene;
  readonly view: View;

  constructor(scene: RolloutScene) {
    this.#scene = scene;
    const context = () => scene.engine.context;
    this.view = new View({ clock: scene.time.clock({ alive: true }), image: scene.image, context });
    this.view.touch(undefined);
  }

  async look(query: string): Promise<StatusDocument> {
    const { engine, image, time } = this.#scene;
    const settled = this.view.settled();
    await this.#scene.settle();
    await settled;
    const turn = new Turn(time.clock({ alive: true }));
    const source = { location: 'x', branch: 'main', state: 'current' as const, problems: [] };
    const inputs = { turn, view: this.view, image, refusals: [], source, context: engine.context };
    return statusDocument(inputs, parseStatusQuery(new URLSearchParams(query)));
  }
}

async function happen(scene: RolloutScene, what: Happening): Promise<void> {
  switch (what.kind) {
    case 'commit':
      await scene.commit(wantedBy(what));
      return;
    case 'say': {
      const name = names[what.drawn]!;
      if (scene.issued(name) !== undefined) await scene.say(what.word, name);
      return;
    }
    case 'act':
      await scene.act(what.act, what.act === 'abort' ? { revert: what.revert } : {});
      return;
    case 'pass':
      return scene.pass(what.minutes * minuteMs);
    default:
      throw what satisfies never;
  }
}

/** Devices that are shown as if they ran what git wants, and were not even issued it. */
function liesIn(scene: RolloutScene, { devices }: StatusDocument): string[] {
  const { desired } = scene.engine;
  return devices.flatMap(({ name, state, reason }) => {
    const wanted = desired.devices.get(name)?.template.hash;
    const isThere = wanted === undefined || scene.issued(name)?.templateHash === wanted;
    return isThere || state !== 'running' || reason.code === 'HELD' ? [] : [`${name} is ${state} ${reason.code}`];
  });
}

/** Waves whose numbers are not those of their devices. */
function miscountsIn({ fleets, devices }: StatusDocument): string[] {
  const rollout = fleets.find(({ name }) => name === 'ships')?.rollout;
  if (rollout === undefined || rollout.isCounting) return [];
  return rollout.waves.flatMap(({ name, counts }) => {
    const members = devices.filter(({ wave }) => wave === name);
    const size = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const isStopped = rollout.state === 'halted' || rollout.state === 'reverting';
    const there = members.filter(({ reason }) => reason.code === 'UP_TO_DATE').length;
    if (size !== members.length) return [`wave ${name} counts ${size} of ${members.length}`];
    return isStopped || counts.updated + counts.unchanged >= there
      ? []
      : [`wave ${name} has ${counts.updated} updated of ${there}`];
  });
}

test('whatever happens to a fleet with waves, nobody is shown as up to date who is not, every number is that of its devices, and who looks late sees the same', async (t) => {
  await fc.assert(
    fc.asyncProperty(commit, fc.array(happening, { minLength: 5, maxLength: 25 }), async (first, life) => {
      const scene = await RolloutScene.open();
      const looker = new Looker(scene);
      scene.onChange = (devices) => looker.view.touch(devices);
      for (const what of [first, ...life]) {
        await happen(scene, what);
        await scene.settle();
        const status = await looker.look('target=fleet/ships');
        t.true(isStatusDocument(status), JSON.stringify(isStatusDocument.errors));
        t.deepEqual([...liesIn(scene, status), ...miscountsIn(status)], [], JSON.stringify(status.fleets));
        const { fleets, tally, devices } = await new Looker(scene).look('target=fleet/ships');
        t.deepEqual(
          { fleets, tally, devices },
          { fleets: status.fleets, tally: status.tally, devices: status.devices },
        );
      }
    }),
    { numRuns: 60, includeErrorInReport: true },
  );
});
