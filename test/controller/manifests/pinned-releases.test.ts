/** Devices whose hold names releases: what is drawn of them, what is refused, and who is judged anew. */
import test from 'ava';
import { applyChanges } from '../../../controller/manifests/apply-changes.ts';
import type { Catalogue } from '../../../controller/manifests/desired.ts';
import type { DeviceHold } from '../../../schemas/generated/types.ts';
import { application, catalogue, changesOf, desiredFrom, device, fleet, problemsOf, stateOf } from './fleet-fixture.ts';

function files(releases: DeviceHold['releases'], kind = 'ship') {
  return {
    'apps/pump.yaml': application('pump', '1.0.0', { env: { WHO: '${device.name}' } }),
    'apps/radio.yaml': application('radio', '1.0.0'),
    'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'pump' }, { name: 'radio' }]),
    'devices/bridge.yaml': device('bridge', { kind }, { hold: { ...(releases && { releases }), reason: 'sea trial' } }),
    'devices/engine.yaml': device('engine', { kind: 'ship' }),
  };
}

function refused(releases: DeviceHold['releases'], kind?: string) {
  return problemsOf(files(releases, kind)).map(({ file, line, code, message }) => [file, line, code, message]);
}

test('a device that is held at a release is drawn with it, and with all else as its fleet has it', (t) => {
  const { devices, pins } = desiredFrom(files({ pump: '1.1.0' }));
  const [bridge, engine] = [devices.get('bridge')!, devices.get('engine')!];
  const versions = bridge.pinned?.applications.map(({ name, version }) => `${name} ${version}`);
  t.deepEqual(versions, ['pump 1.1.0', 'radio 1.0.0']);
  t.deepEqual(bridge.pinned?.applications[0]?.env, { WHO: 'bridge' });
  t.deepEqual(bridge.template.applications[1], bridge.pinned?.applications[1]);
  t.is(bridge.template.applications[0]?.version, '1.0.0');
  t.is(engine.pinned, undefined);
  t.deepEqual([...pins], [['bridge', ['pump/1.1.0']]]);
});

test('a release that there is not, or of what the device does not run, is refused at its line', (t) => {
  t.deepEqual(refused({ pump: '1.1.1' }), [
    ['devices/bridge.yaml', ...[10, 'MISSING_RELEASE', 'no signed release pump 1.1.1; did you mean "1.1.0"?']],
  ]);
  const why = 'its fleet ships does not run radios; did you mean "radio"?';
  const what = 'take it out of spec.hold.releases, or have its fleet run it';
  t.deepEqual(refused({ radios: '1.0.0' }), [
    ['devices/bridge.yaml', 10, 'PIN_NOT_RUN', `a hold pins releases of what the device runs, and ${why}; ${what}`],
  ]);
  t.regex(refused({ pump: '1.1.0' }, 'buoy')[0]?.join(' ') ?? '', /PIN_NOT_RUN .* no fleet selects the device;/);
});

test('a hold that names no release, or names it otherwise, is refused: it is never one at what the device runs by a slip', (t) => {
  t.like(refused({})[0], { 1: 9 });
  const slip = files(undefined);
  const text = slip['devices/bridge.yaml'].replace('reason:', 'release: 1.1.0\n    reason:');
  t.regex(problemsOf({ ...slip, 'devices/bridge.yaml': text })[0]?.message ?? '', /releases/);
});

test('a fleet that stops running what a device is held at a release of is refused at the hold', (t) => {
  const state = stateOf(files({ pump: '1.1.0' }));
  const fewer = { 'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'radio' }]) };
  const applied = applyChanges(state, changesOf(fewer), catalogue);
  t.like(applied.kind === 'refused' && applied.findings[0], { file: 'devices/bridge.yaml', code: 'PIN_NOT_RUN' });
});

test('a release that goes, or becomes another, has those judged anew that are held at it, and nobody else', (t) => {
  const state = stateOf(files({ pump: '1.1.0' }));
  const { ['pump/1.1.0' as never]: _gone, ...rest } = Object.fromEntries(catalogue);
  const without: Catalogue = new Map(Object.entries(rest));
  const gone = applyChanges(state, [], without);
  t.like(gone.kind === 'refused' && gone.findings, { length: 1, 0: { code: 'MISSING_RELEASE' } });
  const other = new Map([...without, ['pump/1.1.0', { ...catalogue.get('pump/1.1.0')!, sha256: 'f'.repeat(64) }]]);
  const changed = applyChanges(state, [], other as Catalogue);
  if (changed.kind !== 'accepted') return t.fail();
  t.deepEqual([...changed.affected], ['bridge']);
  t.is(changed.state.desiredDevices.get('bridge')?.pinned?.applications[0]?.sha256, 'f'.repeat(64));
  t.is(changed.state.desiredDevices.get('engine'), state.desiredDevices.get('engine'));
});

test('a device that is let go, or gone, is pinned to nothing', (t) => {
  const state = stateOf(files({ pump: '1.1.0' }));
  const letGo = applyChanges(
    state,
    changesOf({ 'devices/bridge.yaml': device('bridge', { kind: 'ship' }) }),
    catalogue,
  );
  const gone = applyChanges(state, [{ path: 'devices/bridge.yaml', file: undefined }], catalogue);
  for (const applied of [letGo, gone]) t.is(applied.kind === 'accepted' && applied.state.pins.size, 0);
  t.is(letGo.kind === 'accepted' && letGo.state.desiredDevices.get('bridge')?.pinned, undefined);
});

test('releases of a hold that are a text or a list are one problem, and no releases by the places of what is in them', (t) => {
  for (const releases of ['pump', ['pump', 'radio']]) {
    const wrong = {
      ...files(undefined),
      'devices/bridge.yaml': device(
        'bridge',
        { kind: 'ship' },
        { hold: { releases: releases as never, reason: 'sea trial' } },
      ),
    };
    t.deepEqual(
      problemsOf(wrong).map(({ code }) => code),
      ['WRONG_TYPE'],
    );
  }
});
