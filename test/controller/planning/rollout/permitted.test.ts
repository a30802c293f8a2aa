import test from 'ava';
import { definitionOf } from '../../../../controller/manifests/definition.ts';
import type { IssuedDeployment } from '../../../../controller/planning/observed.ts';
import { inRollout } from '../../../../controller/planning/rollout/permitted.ts';
import { policyOf } from '../../../../controller/planning/rollout/policy-of.ts';
import { desiredOf, named } from '../../engine/rollout-scene.ts';
import { fresh, startMs } from './world.ts';

const devices = named('one');
const before = desiredOf({ release: '1.0.0', devices });
const wanted = desiredOf({ release: '1.1.0', rollout: { waves: [{ name: 'rest' }] }, devices });
const pump = { name: 'pump', version: '1.0.0' };

/** Which definition a device is on that was issued this by a fleet without waves. */
function on(issued: Pick<IssuedDeployment, 'applications' | 'fleet'>): string {
  const good = definitionOf(before, 'ships')!;
  const target = definitionOf(wanted, 'ships')!.hash;
  const policy = policyOf(wanted.fleets.get('ships')!)!;
  const standing = { wanted, policy, rollout: { ...fresh(true), target, good: good.hash }, good };
  const what = { sequence: 1, revision: 'c'.repeat(40), issuedAt: startMs, templateHash: '9'.repeat(64) };
  const observed = { issued: { ...what, ...issued } };
  return inRollout(standing, wanted.devices.get('one')!, observed, { wave: 0, now: startMs }).on;
}

test('a device whose fleet had no waves is where these began', (t) => {
  t.is(on({ fleet: 'ships', applications: [pump] }), 'good');
  t.is(on({ applications: [pump] }), 'good', 'of a row that does not say the fleet');
});

test('a device that comes from another fleet without waves, or from none, does not have what is good in this one', (t) => {
  t.is(on({ fleet: 'cranes', applications: [pump] }), 'other');
  t.is(on({ applications: [] }), 'other');
});
