/** How often a fleet is gone through for its rollout. */
import test from 'ava';
import { FleetRollouts } from '../../../controller/engine/fleet-rollouts.ts';
import type { Known } from '../../../controller/engine/known.ts';
import { definitionOf } from '../../../controller/manifests/definition.ts';
import { beginRollout } from '../../../controller/planning/rollout/begin.ts';
import type { Rollout } from '../../../controller/planning/rollout/rollout.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import { desiredOf, named } from './rollout-scene.ts';

const desired = desiredOf({
  release: '1.1.0',
  rollout: { waves: [{ name: 'canary', limit: 1 }, { name: 'rest' }] },
  devices: named('one', 'two', 'three'),
});

/** A rollout that all devices are counted of, and who was thought over for what became of it. */
function begun() {
  const target = definitionOf(desired, 'ships')!.hash;
  const wanted = { fleet: 'ships', target, revision: 'd'.repeat(40), subject: 'Pump 1.1.0' };
  const image = new Map([['ships', beginRollout(undefined, [], wanted, 1).rollout]]);
  const lists: string[][] = [];
  const rollouts = new FleetRollouts({
    clock: nodeClock,
    image: { rollouts: image, rollout: (fleet: string) => image.get(fleet) } as unknown as Known & {
      rollouts: typeof image;
    },
    tell: () => {},
    consider: () => {},
    considerList: (names, isPassedOver = () => false) => {
      lists.push([...names].filter((name) => !isPassedOver(name)));
    },
  });
  rollouts.follow(desired);
  lists.splice(0);
  const become = (more: Partial<Rollout>): readonly string[][] => {
    const before = image.get('ships')!;
    image.set('ships', { ...before, ...more });
    rollouts.moved('ships', before);
    return lists.splice(0);
  };
  return { become, of: (wave: number) => [...rollouts.of('ships')!.followed.waves].filter(([, at]) => at === wave) };
}

test('a gate that opens and closes with the reports of one device has nobody go through the fleet', (t) => {
  const { become, of } = begun();
  for (let count = 0; count < 3; count += 1) {
    t.deepEqual(become({ gatePassedAt: 5, reason: { code: 'GATE_PASSED', message: 'x' } }), []);
    t.deepEqual(become({ reason: { code: 'GATE_HOLDS', message: 'x' } }), []);
  }
  const opened = become({ wave: 1, reason: { code: 'WAVE_OPEN', message: 'x' } });
  t.deepEqual(opened, [of(1).map(([name]) => name)], 'those of the wave that opens are thought over');
});
