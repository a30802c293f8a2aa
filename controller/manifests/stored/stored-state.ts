/** The maps of a state as bytes, and the state over such bytes. */
import type { Device } from '../../../schemas/generated/types.ts';
import type { DesiredDevice, DeviceTemplate } from '../desired.ts';
import { type DeviceTerms, drawDevice } from '../draw-device.ts';
import type { ManifestState } from '../manifest-state.ts';
import type { Names } from '../name-index.ts';
import { PersistentMap } from '../persistent-map.ts';
import { pauseNow, runAtOnce, type Steps } from '../steps.ts';
import type { ByteSink } from './byte-sink.ts';
import { type NodePlace, openMap, type ValueForm, writeMap } from './stored-map.ts';

/** Values that JSON gives back as they were. */
export function plainForm<V>(): ValueForm<V> {
  return { write: (value) => value, read: (json) => json as V };
}

const nameSetForm: ValueForm<true> = { write: () => 1, read: () => true };

const namesForm: ValueForm<Names> = {
  write: (names, sink) => (typeof names === 'string' ? names : runAtOnce(writeMap(names, sink, nameSetForm))),
  read: (json, _, bytes) => (typeof json === 'string' ? json : openMap(json as NodePlace, bytes, nameSetForm)),
};

type StoredTerms = readonly [darkAfterSeconds: number, template: string, fleet?: string];

/** A device as its manifest and its terms; templates, which many share, lie beside. */
function desiredForm(
  devices: PersistentMap<Device>,
  templates: PersistentMap<DeviceTemplate>,
): ValueForm<DesiredDevice> {
  return {
    write: ({ darkAfterSeconds, template, fleet }): StoredTerms =>
      fleet === undefined ? [darkAfterSeconds, template.hash] : [darkAfterSeconds, template.hash, fleet],
    read: (json, name) => {
      const [darkAfterSeconds, hash, fleet] = json as StoredTerms;
      const terms: DeviceTerms = { darkAfterSeconds, template: templates.get(hash)! };
      return drawDevice(devices.get(name)!, fleet === undefined ? terms : { ...terms, fleet });
    },
  };
}

function* templatesOf({ desiredDevices }: ManifestState): Steps<PersistentMap<DeviceTemplate>> {
  const templates = new Map<string, DeviceTemplate>();
  for (const { template } of desiredDevices.values()) {
    yield pauseNow;
    templates.set(template.hash, template);
  }
  return yield* PersistentMap.empty<DeviceTemplate>().withChanges(templates);
}

/** Where the maps of a state lie. */
export type StatePlaces = Readonly<Record<Exclude<keyof ManifestState, 'catalogue'> | 'templates', NodePlace>>;

/** Writes all of a state but its catalogue. */
export function* writeState(state: ManifestState, sink: ByteSink): Steps<StatePlaces> {
  const templates = yield* templatesOf(state);
  const desired = desiredForm(state.devices, templates);
  return {
    files: yield* writeMap(state.files, sink, plainForm()),
    declared: yield* writeMap(state.declared, sink, plainForm()),
    applications: yield* writeMap(state.applications, sink, plainForm()),
    fleets: yield* writeMap(state.fleets, sink, plainForm()),
    sites: yield* writeMap(state.sites, sink, plainForm()),
    secrets: yield* writeMap(state.secrets, sink, plainForm()),
    devices: yield* writeMap(state.devices, sink, plainForm()),
    devicesBySite: yield* writeMap(state.devicesBySite, sink, namesForm),
    devicesByFingerprint: yield* writeMap(state.devicesByFingerprint, sink, namesForm),
    members: yield* writeMap(state.members, sink, namesForm),
    strays: yield* writeMap(state.strays, sink, nameSetForm),
    unsealed: yield* writeMap(state.unsealed, sink, plainForm()),
    templates: yield* writeMap(templates, sink, plainForm()),
    desiredDevices: yield* writeMap(state.desiredDevices, sink, desired),
  };
}

/** The opposite of `writeState`; nothing of it is read yet. */
export function openState(places: StatePlaces, bytes: Buffer, catalogue: ManifestState['catalogue']): ManifestState {
  const devices = openMap<Device>(places.devices, bytes, plainForm());
  const templates = openMap<DeviceTemplate>(places.templates, bytes, plainForm());
  return {
    files: openMap(places.files, bytes, plainForm()),
    declared: openMap(places.declared, bytes, plainForm()),
    applications: openMap(places.applications, bytes, plainForm()),
    fleets: openMap(places.fleets, bytes, plainForm()),
    sites: openMap(places.sites, bytes, plainForm()),
    secrets: openMap(places.secrets, bytes, plainForm()),
    devices,
    devicesBySite: openMap(places.devicesBySite, bytes, namesForm),
    devicesByFingerprint: openMap(places.devicesByFingerprint, bytes, namesForm),
    members: openMap(places.members, bytes, namesForm),
    strays: openMap(places.strays, bytes, nameSetForm),
    unsealed: openMap(places.unsealed, bytes, plainForm()),
    catalogue,
    desiredDevices: openMap(places.desiredDevices, bytes, desiredForm(devices, templates)),
  };
}
