import test from 'ava';
import { definitionOf } from '../../../../controller/manifests/definition.ts';
import type { IssuedDeployment } from '../../../../controller/planning/observed.ts';
import type { DeviceInRollout } from '../../../../controller/planning/rollout/fate.ts';
import { permit } from '../../../../controller/planning/rollout/permit.ts';
import { inRollout } from '../../../../controller/planning/rollout/permitted.ts';
import { policyOf } from '../../../../controller/planning/rollout/policy-of.ts';
import type { Rollout } from '../../../../controller/planning/rollout/rollout.ts';
import { desiredOf, named } from '../../engine/rollout-scene.ts';
import { fresh, settledOn, startMs } from './world.ts';

const devices = named('one');
const before = desiredOf({ release: '1.0.0', devices });
const wanted = desiredOf({ release: '1.1.0', rollout: { waves: [{ name: 'rest' }] }, devices });
const pump = { name: 'pump', version: '1.0.0' };

const good = definitionOf(before, 'ships')!;
const target = definitionOf(wanted, 'ships')!.hash;
const policy = policyOf(wanted.fleets.get('ships')!)!;

/** A device as a rollout sees it that was issued this. */
function seen(issued: Partial<IssuedDeployment>, rollout: Partial<Rollout> = {}, wentBackTo = good): DeviceInRollout {
  const standing = {
    wanted,
    policy,
    rollout: { ...fresh(true), target, good: good.hash, ...rollout },
    good: wentBackTo,
    finished: [],
  };
  const what = { sequence: 1, revision: 'c'.repeat(40), issuedAt: startMs, templateHash: '9'.repeat(64) };
  const observed = { issued: { ...what, applications: [], ...issued } };
  return inRollout(standing, wanted.devices.get('one')!, observed, { wave: 0, now: startMs });
}

/** Which definition a device is on that was issued this by a fleet without waves. */
function on(issued: Pick<IssuedDeployment, 'applications' | 'fleet'>): string {
  return seen(issued).on;
}

test('a device whose fleet had no waves is where these began', (t) => {
  t.is(on({ fleet: 'ships', applications: [pump] }), 'good');
  t.is(on({ applications: [pump] }), 'good', 'of a row that does not say the fleet');
});

test('a device that a hold had on other releases before its fleet had waves is not where these began', (t) => {
  t.is(on({ fleet: 'ships', applications: [{ name: 'pump', version: '0.9.0' }] }), 'other');
  t.is(on({ applications: [{ name: 'pump', version: '0.9.0' }] }), 'other', 'of a row that does not say the fleet');
  t.is(
    on({ fleet: 'ships', applications: [pump, { name: 'radio', version: '3.0.0' }] }),
    'good',
    'one that it lost since',
  );
});

test('a device that comes from another fleet without waves, or from none, does not have what is good in this one', (t) => {
  t.is(on({ fleet: 'cranes', applications: [pump] }), 'other');
  t.is(on({ applications: [] }), 'other');
});

test('a device is to go back also after all others did, and is known to lack what was good where that needs a value that it has not', (t) => {
  const [pumps] = good.applications;
  const args = ['$'.concat('{device.labels.deck}')];
  const needy = { ...good, applications: [{ ...pumps!, terms: { ...pumps!.terms, args } }] };
  const reverted = { state: 'halted', reason: { code: 'REVERTED', message: 'x' } } as const;
  const aborted = { state: 'halted', reason: { code: 'ROLLOUT_ABORTED', message: 'x' } } as const;
  const lacks = (rollout: Partial<Rollout>, wentBackTo?: typeof good) =>
    seen({ definition: target }, rollout, wentBackTo).lacksGood;
  t.deepEqual([lacks({ state: 'reverting' }, needy), lacks(reverted, needy)], [true, true]);
  t.deepEqual(
    [lacks(aborted, needy), lacks({ state: 'reverting' }), lacks(reverted)],
    [undefined, undefined, undefined],
  );
  const device = { ...seen({ definition: target }), observed: settledOn(1, startMs) };
  const kindOf = (rollout: Partial<Rollout>) =>
    permit(device, { rollout: { ...fresh(true), ...rollout }, policy }).kind;
  t.deepEqual([kindOf(reverted), kindOf(aborted)], ['good', 'stay']);
});
