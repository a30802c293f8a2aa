import test from 'ava';
import { adoptRollouts, goneFleetsMax } from '../../../controller/engine/adopt-rollouts.ts';
import { Draft } from '../../../controller/engine/draft.ts';
import { noFleet } from '../../../controller/engine/engine-parts.ts';
import { Image } from '../../../controller/engine/image.ts';
import { definitionOf } from '../../../controller/manifests/definition.ts';
import type { DesiredFleet } from '../../../controller/manifests/desired.ts';
import { application, desiredFrom, fleet } from '../manifests/fleet-fixture.ts';

const now = 1_000_000;

function wantedAt(version: string): DesiredFleet {
  return desiredFrom({
    'apps/pump.yaml': application('pump', version),
    'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'pump' }]),
    'fleets/trucks.yaml': fleet('trucks', { kind: 'truck' }, [{ name: 'pump' }]),
  });
}

const [old, fresh] = [wantedAt('1.0.0'), wantedAt('1.1.0')];
const hashOf = (desired: DesiredFleet, name = 'ships') => definitionOf(desired, name)!.hash;

/** What commits come to one after the other, each written before the next. */
function imageAfter(commits: readonly { readonly to: DesiredFleet; readonly inWaves: readonly string[] }[]): Image {
  const image = new Image({ read: async () => [] });
  let before = noFleet;
  for (const [at, { to, inWaves }] of commits.entries()) {
    const draft = new Draft(image);
    adoptRollouts(draft, {
      ...{ before, after: to, inWaves: new Set(inWaves), kept: image.rollouts.keys() },
      ...{ revision: String(at).repeat(40), subject: 's', now: now + at },
    });
    for (const write of draft.writes) image.apply(write);
    before = to;
  }
  return image;
}

test('a commit starts a rollout in the fleets that have waves and keeps what they ran before to go back to', (t) => {
  const image = imageAfter([
    { to: old, inWaves: [] },
    { to: fresh, inWaves: ['ships'] },
  ]);
  t.like(image.rollout('ships'), { number: 1, state: 'running', target: hashOf(fresh), good: hashOf(old) });
  t.is(image.goodDefinition('ships')?.hash, hashOf(old));
  t.is(image.rollout('trucks'), undefined);
});

test('a commit that says nothing new to a fleet writes nothing of it', (t) => {
  const image = imageAfter([{ to: old, inWaves: ['ships'] }]);
  const draft = new Draft(image);
  adoptRollouts(draft, {
    ...{ before: old, after: old, inWaves: new Set(['ships']), kept: image.rollouts.keys() },
    ...{ revision: 'f'.repeat(40), subject: 's', now },
  });
  t.deepEqual(draft.writes, []);
});

test('a fleet that goes back to what was good keeps that as its good one, and the rollout stands among those that are over', (t) => {
  const image = imageAfter([
    { to: old, inWaves: [] },
    { to: fresh, inWaves: ['ships'] },
    { to: old, inWaves: ['ships'] },
  ]);
  t.like(image.rollout('ships'), { number: 2, state: 'done', target: hashOf(old), good: hashOf(old) });
  t.like(image.finishedRollouts('ships'), [
    { number: 2, outcome: 'done', target: hashOf(old) },
    { number: 1, outcome: 'superseded', target: hashOf(fresh) },
  ]);
});

test('a fleet that gives up its waves follows git at once, and its rollout is remembered as withdrawn', (t) => {
  const image = imageAfter([
    { to: old, inWaves: [] },
    { to: fresh, inWaves: ['ships', 'trucks'] },
    { to: fresh, inWaves: ['trucks'] },
  ]);
  t.deepEqual([image.rollout('ships'), image.goodDefinition('ships')], [undefined, undefined]);
  t.like(image.finishedRollouts('ships'), [{ number: 1, outcome: 'withdrawn' }]);
  t.is(image.rollout('trucks')?.state, 'running');
});

test('a fleet that gets waves again goes on counting its rollouts', (t) => {
  const image = imageAfter([
    { to: old, inWaves: ['ships'] },
    { to: old, inWaves: [] },
    { to: fresh, inWaves: ['ships'] },
  ]);
  t.like(image.rollout('ships'), { number: 2, good: hashOf(old) });
});

test('of fleets that are gone so many are remembered, and one that comes again gives no number twice', (t) => {
  const image = new Image({ read: async () => [] });
  const names = Array.from({ length: goneFleetsMax + 2 }, (_, at) => `fleet-${at}`);
  let before = noFleet;
  const commit = (name: string | undefined, version: string, at: number): void => {
    const files = name === undefined ? {} : { 'fleets/a.yaml': fleet(name, { kind: 'ship' }, [{ name: 'pump' }]) };
    const after = desiredFrom({ 'apps/pump.yaml': application('pump', version), ...files });
    const draft = new Draft(image);
    const kept = [...before.fleets.keys(), ...after.fleets.keys()];
    const inWaves = new Set(after.fleets.keys());
    adoptRollouts(draft, { before, after, inWaves, kept, revision: 'a'.repeat(40), subject: 's', now: now + at });
    for (const write of draft.writes) image.apply(write);
    before = after;
  };
  for (const [at, name] of names.entries()) {
    commit(name, '1.0.0', 3 * at);
    commit(name, '1.1.0', 3 * at + 1);
    commit(undefined, '1.1.0', 3 * at + 2);
  }
  t.is(image.finishedFleets.length, goneFleetsMax);
  t.deepEqual(image.finishedRollouts('fleet-0'), []);
  commit('fleet-0', '1.0.0', 1000);
  t.is(image.rollout('fleet-0')?.number, 3);
  commit('fleet-5', '1.0.0', 1001);
  t.is(image.rollout('fleet-5')?.number, 3);
});
