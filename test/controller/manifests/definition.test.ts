import test from 'ava';
import fc from 'fast-check';
import { applyChanges } from '../../../controller/manifests/apply-changes.ts';
import { definitionOf } from '../../../controller/manifests/definition.ts';
import type { DesiredFleet } from '../../../controller/manifests/desired.ts';
import { desiredOf, emptyManifestState } from '../../../controller/manifests/manifest-state.ts';
import { templateUnder } from '../../../controller/manifests/render-template.ts';
import { application, catalogue, changesOf, desiredFrom, device, fleet, harbor, site } from './fleet-fixture.ts';
import { commit, edited, start } from './random-commits.ts';

/** As a row of the state gives it back. */
function kept(desired: DesiredFleet, name: string) {
  return JSON.parse(JSON.stringify(definitionOf(desired, name)!));
}

test('the template of a device is what the definition of its fleet comes to for it, also once that was kept as JSON', (t) => {
  let members = 0;
  fc.assert(
    fc.property(fc.array(commit, { maxLength: 4 }), (commits) => {
      const files = commits.reduce(edited, start);
      const applied = applyChanges(emptyManifestState, changesOf(files), catalogue);
      if (applied.kind === 'refused') return;
      const desired = desiredOf(applied.state);
      for (const { name, fleet: of, template } of desired.devices.values()) {
        if (of === undefined) continue;
        members += 1;
        t.deepEqual(templateUnder(desired, kept(desired, of), name), template);
      }
    }),
    { numRuns: 60 },
  );
  t.true(members > 20, `${members}`);
});

test('a definition changes with what all devices of the fleet run, and not with what a site or a device says', (t) => {
  const hashOf = (files: Readonly<Record<string, string>>) =>
    definitionOf(desiredFrom({ ...harbor, ...files }), 'ships')!.hash;
  const same = hashOf({});
  t.is(hashOf({ 'sites/aurora.yaml': site('aurora', { config: { where: { deck: 4 } } }) }), same);
  t.is(hashOf({ 'devices/bridge.yaml': device('bridge', { kind: 'ship' }, { config: { rate: 7 } }) }), same);
  const ships = (applications: Parameters<typeof fleet>[2], rest?: Parameters<typeof fleet>[3]) =>
    hashOf({ 'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, applications, { config: { rate: 2 }, ...rest }) });
  t.is(ships([{ name: 'pump', release: '1.0.0' }], { darkAfterSeconds: 60 }), same);
  t.not(ships([{ name: 'pump', release: '1.1.0' }]), same);
  t.not(ships([{ name: 'pump' }], { config: { rate: 3 } }), same);
  t.not(ships([{ name: 'pump' }], { probationSeconds: 60 }), same);
  t.not(hashOf({ 'apps/pump.yaml': application('pump', '1.0.0', { args: ['-v'] }) }), same);
});

test('a definition that git has no more is rendered with what site and device say now', (t) => {
  const before = kept(desiredFrom(harbor), 'ships');
  const now = desiredFrom({
    'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, []),
    'sites/aurora.yaml': site('aurora', { config: { where: { deck: 4 } } }),
    'devices/bridge.yaml': harbor['devices/bridge.yaml'],
  });
  const [pump] = templateUnder(now, before, 'bridge')!.applications;
  t.is(pump!.version, '1.0.0');
  t.deepEqual(pump!.config, { rate: 2, where: { unit: 'bar', name: 'bridge', deck: 4 } });
});

test('there is no template of a device that git does not name, that lacks a value, or for which it grows too large', (t) => {
  const labelled = application('pump', '1.0.0', { args: ['${device.labels.pier}'] });
  const bridge = device('bridge', { kind: 'ship', pier: 'north' });
  const fleets = { 'fleets/ships.yaml': harbor['fleets/ships.yaml'] };
  const before = kept(desiredFrom({ ...fleets, 'apps/pump.yaml': labelled, 'devices/bridge.yaml': bridge }), 'ships');
  const now = desiredFrom({
    ...fleets,
    'apps/pump.yaml': harbor['apps/pump.yaml'],
    'devices/bridge.yaml': bridge,
    'devices/engine.yaml': harbor['devices/engine.yaml'],
  });
  t.deepEqual(templateUnder(now, before, 'bridge')!.applications[0]!.args, ['north']);
  t.is(templateUnder(now, before, 'engine'), undefined);
  t.is(templateUnder(now, before, 'nobody'), undefined);
  const [pump] = before.applications;
  const large = { ...before, applications: [{ ...pump, config: { text: 'x'.repeat(1_000_000) } }] };
  t.is(templateUnder(now, large, 'bridge'), undefined);
});
