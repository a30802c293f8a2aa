/** The maps of a state as texts, and the state over such texts. */
import type { Device } from '../../../schemas/generated/types.ts';
import type { DesiredDevice, DeviceTemplate } from '../desired.ts';
import { type DeviceTerms, drawDevice } from '../draw-device.ts';
import type { ManifestState } from '../manifest-state.ts';
import type { Names } from '../name-index.ts';
import { PersistentMap } from '../persistent-map.ts';
import { pauseNow, runAtOnce, type Steps } from '../steps.ts';
import type { PieceReader, PieceWriter } from './pieces.ts';
import { type NodePlace, openMap, type ValueForm, writeMap } from './stored-map.ts';

/** Values that JSON gives back as they were. */
export function plainForm<V>(): ValueForm<V> {
  return { write: (value) => value, read: (json) => json as V };
}

const nameSetForm: ValueForm<true> = { write: () => 1, read: () => true };

const namesForm: ValueForm<Names> = {
  write: (names, writer) => (typeof names === 'string' ? names : runAtOnce(writeMap(names, writer, nameSetForm))),
  read: (json, _, reader) => (typeof json === 'string' ? json : openMap(json as NodePlace, reader, nameSetForm)),
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
export function* writeState(state: ManifestState, writer: PieceWriter): Steps<StatePlaces> {
  const templates = yield* templatesOf(state);
  const desired = desiredForm(state.devices, templates);
  return {
    files: yield* writeMap(state.files, writer, plainForm()),
    declared: yield* writeMap(state.declared, writer, plainForm()),
    applications: yield* writeMap(state.applications, writer, plainForm()),
    fleets: yield* writeMap(state.fleets, writer, plainForm()),
    sites: yield* writeMap(state.sites, writer, plainForm()),
    secrets: yield* writeMap(state.secrets, writer, plainForm()),
    devices: yield* writeMap(state.devices, writer, plainForm()),
    devicesBySite: yield* writeMap(state.devicesBySite, writer, namesForm),
    devicesByFingerprint: yield* writeMap(state.devicesByFingerprint, writer, namesForm),
    members: yield* writeMap(state.members, writer, namesForm),
    strays: yield* writeMap(state.strays, writer, nameSetForm),
    unsealed: yield* writeMap(state.unsealed, writer, plainForm()),
    templates: yield* writeMap(templates, writer, plainForm()),
    desiredDevices: yield* writeMap(state.desiredDevices, writer, desired),
  };
}

/** The opposite of `writeState`; nothing of it is read yet. */
export function openState(
  places: StatePlaces,
  reader: PieceReader,
  catalogue: ManifestState['catalogue'],
): ManifestState {
  const devices = openMap<Device>(places.devices, reader, plainForm());
  const templates = openMap<DeviceTemplate>(places.templates, reader, plainForm());
  return {
    files: openMap(places.files, reader, plainForm()),
    declared: openMap(places.declared, reader, plainForm()),
    applications: openMap(places.applications, reader, plainForm()),
    fleets: openMap(places.fleets, reader, plainForm()),
    sites: openMap(places.sites, reader, plainForm()),
    secrets: openMap(places.secrets, reader, plainForm()),
    devices,
    devicesBySite: openMap(places.devicesBySite, reader, namesForm),
    devicesByFingerprint: openMap(places.devicesByFingerprint, reader, namesForm),
    members: openMap(places.members, reader, namesForm),
    strays: openMap(places.strays, reader, nameSetForm),
    unsealed: openMap(places.unsealed, reader, plainForm()),
    catalogue,
    desiredDevices: openMap(places.desiredDevices, reader, desiredForm(devices, templates)),
  };
}
