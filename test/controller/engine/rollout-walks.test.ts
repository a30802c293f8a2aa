/** What has a rollout looked at, and its fleet gone through. */
import test from 'ava';
import { FleetRollouts } from '../../../controller/engine/fleet-rollouts.ts';
import type { Known } from '../../../controller/engine/known.ts';
import { definitionOf } from '../../../controller/manifests/definition.ts';
import type { ObservedDevice } from '../../../controller/planning/observed.ts';
import { beginRollout } from '../../../controller/planning/rollout/begin.ts';
import { noneOpen } from '../../../controller/planning/rollout/deltas.ts';
import type { Permitted } from '../../../controller/planning/rollout/permitted.ts';
import type { Rollout } from '../../../controller/planning/rollout/rollout.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { desiredOf, minuteMs, named, startMs } from './rollout-scene.ts';

const desired = desiredOf({
  release: '1.1.0',
  rollout: { waves: [{ name: 'canary', limit: 1, soak: '10m' }, { name: 'rest' }] },
  devices: named('one', 'two', 'three'),
});

/** A rollout that all devices are counted of, and who was thought over for what became of it. */
function begun() {
  const target = definitionOf(desired, 'ships')!.hash;
  const wanted = { fleet: 'ships', target, revision: 'd'.repeat(40), subject: 'Pump 1.1.0' };
  const image = new Map([['ships', beginRollout(undefined, [], wanted, startMs).rollout]]);
  const lists: string[][] = [];
  const told: string[] = [];
  const at = { now: startMs };
  const time = new SimTime(startMs);
  const rollouts = new FleetRollouts({
    clock: { ...time.clock({ alive: true }), now: () => at.now },
    image: {
      rollouts: image,
      rollout: (fleet: string) => image.get(fleet),
      finishedRollouts: () => [],
    } as unknown as Known & { rollouts: typeof image },
    tell: ({ kind }) => void told.push(kind),
    deltasTo: () => noneOpen,
    consider: () => {},
    considerList: (names, isPassedOver = () => false) => {
      lists.push([...names].filter((name) => !isPassedOver(name)));
    },
  });
  rollouts.follow(rollouts.followed(desired));
  lists.splice(0);
  const become = (more: Partial<Rollout>): readonly string[][] => {
    const before = image.get('ships')!;
    image.set('ships', { ...before, ...more });
    rollouts.moved('ships', before);
    return lists.splice(0);
  };
  const permitted = (name: string, observed: ObservedDevice): Permitted => {
    const known = { rollout: (fleet: string) => image.get(fleet) } as unknown as Known;
    return rollouts.permitted(known, desired.devices.get(name)!, observed, at.now);
  };
  return {
    become,
    permitted,
    rollouts,
    told,
    at,
    of: (wave: number) => [...rollouts.of('ships')!.followed.waves].filter(([, at]) => at === wave),
  };
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

test('who waited for a rollout that ends at once is thought over: while it was paused, for a yes, or for the wave before', (t) => {
  const ends = { state: 'done', wave: 1, reason: { code: 'ROLLOUT_DONE', message: 'x' } } as const;
  const names = (lists: readonly (readonly string[])[]) => lists.flat().toSorted();
  const paused = begun();
  paused.become({ state: 'paused', wave: 1 });
  t.deepEqual(names(paused.become(ends)), ['one', 'three', 'two']);
  const unapproved = begun();
  unapproved.become({ reason: { code: 'NEEDS_APPROVAL', message: 'x' } });
  t.deepEqual(names(unapproved.become(ends)), ['one', 'three', 'two']);
  const { become, of } = begun();
  t.deepEqual(
    become(ends).flat(),
    of(1).map(([name]) => name),
  );
});

test('a rollout that became due while it was written is looked at again', (t) => {
  const { become, rollouts, told, at } = begun();
  become({ gatePassedAt: startMs, reason: { code: 'GATE_PASSED', message: 'x' } });
  rollouts.looksAt('ships');
  told.splice(0);
  at.now = startMs + 10 * minuteMs - 1;
  rollouts.lookedAt('ships');
  t.deepEqual(told, [], 'it soaks still');
  at.now += 1;
  rollouts.lookedAt('ships');
  t.deepEqual(told, ['rollout-step']);
});

test('while a newer commit is only just being taken up a device keeps what it has, and by which definition that was drawn', (t) => {
  const { become, permitted } = begun();
  become({ target: 'e'.repeat(64) });
  const templateHash = desired.devices.get('one')!.template.hash;
  const what = { sequence: 1, revision: 'd'.repeat(40), issuedAt: startMs, applications: [] };
  const issued = { ...what, templateHash, definition: 'a'.repeat(64) };
  t.like(permitted('one', { issued }), { stays: true, definition: 'a'.repeat(64), reason: undefined });
  const other = permitted('one', { issued: { ...issued, templateHash: 'f'.repeat(64) } });
  t.like(other, { stays: true, definition: undefined, reason: { code: 'ROLLOUT_COUNTING' } });
});
