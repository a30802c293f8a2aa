/** The maps of a state as texts, and the state over such texts. */
import type { Device } from '../../../schemas/generated/types.ts';
import type { DesiredDevice, DeviceTemplate } from '../desired.ts';
import { loneDevice } from '../device-sheet.ts';
import { type DeviceTerms, drawDevice } from '../draw-device.ts';
import type { Declaration, ManifestKey, ManifestState } from '../manifest-state.ts';
import type { Names } from '../name-index.ts';
import { parseManifestFile } from '../parse-file.ts';
import { PersistentMap } from '../persistent-map.ts';
import type { Steps } from '../steps.ts';
import type { PieceReader, PieceWriter } from './pieces.ts';
import { MapInMap, type NodePlace, openMap, type ValueForm, writeMap } from './stored-map.ts';

/** Values that JSON gives back as they were. */
export function plainForm<V>(): ValueForm<V> {
  return { write: (value) => value, read: (json) => json as V };
}

const nameSetForm: ValueForm<true> = { write: () => 1, read: () => true };

const namesForm: ValueForm<Names> = {
  write: (names) => (typeof names === 'string' ? names : new MapInMap(names, nameSetForm)),
  read: (json, _, reader) => (typeof json === 'string' ? json : openMap(json as NodePlace, reader, nameSetForm)),
};

/** Most files declare one manifest, and most manifests are alone in theirs: then it is that name. */
const keysForm: ValueForm<readonly ManifestKey[]> = {
  write: (keys) => (keys.length === 1 ? keys[0] : keys),
  read: (json) => (typeof json === 'string' ? [json as ManifestKey] : (json as readonly ManifestKey[])),
};

const declarationForm: ValueForm<Declaration> = {
  write: ({ file, document }) => (document === 0 ? file : { file, document }),
  read: (json) => (typeof json === 'string' ? { file: json, document: 0 } : (json as Declaration)),
};

/** Mostly a manifest is the text of its file, which is read when somebody looks: to make JSON of it somebody would have to before. */
const deviceForm: ValueForm<Device> = {
  write: (device) => device,
  writeSource: (text) => text,
  read: (json) => (typeof json === 'string' ? loneDevice(parseManifestFile(Buffer.from(json)))! : (json as Device)),
};

/** Templates by their hashes, which many devices share. */
interface Templates {
  /** Notes one that is written. */
  readonly note: (template: DeviceTemplate) => void;
  readonly get: (hash: string) => DeviceTemplate | undefined;
}

/** `SECONDS TEMPLATE`, and the fleet behind them where there is one, and behind that what is pinned. No name has a space. */
function termsText({ darkAfterSeconds, template, fleet, pinned }: DeviceTerms): string {
  return [darkAfterSeconds, template.hash, fleet, pinned?.hash].filter((part) => part !== undefined).join(' ');
}

/** A device as its manifest and its terms, which are its source too; templates lie beside. */
function desiredForm(devices: PersistentMap<Device>, templates: Templates): ValueForm<DesiredDevice> {
  /** Of the sources: devices of a fleet mostly share one. */
  const texts = new Map<unknown, string>();
  const write = (terms: DeviceTerms): string => {
    templates.note(terms.template);
    if (terms.pinned !== undefined) templates.note(terms.pinned);
    return termsText(terms);
  };
  return {
    write,
    writeSource: (terms) => {
      const text = texts.get(terms) ?? write(terms as DeviceTerms);
      texts.set(terms, text);
      return text;
    },
    read: (text, name) => {
      const [seconds, hash, fleet, pinned] = (text as string).split(' ');
      return drawDevice(devices.get(name)!, {
        ...{ darkAfterSeconds: Number(seconds), template: templates.get(hash!)! },
        ...(fleet === undefined ? {} : { fleet }),
        ...(pinned === undefined ? {} : { pinned: templates.get(pinned)! }),
      });
    },
  };
}

type MapName = Exclude<keyof ManifestState, 'catalogue'>;
type ValueOf<M> = M extends PersistentMap<infer V> ? V : never;
type Forms = { readonly [Name in MapName]: ValueForm<ValueOf<ManifestState[Name]>> };

/** How the values of each map of a state are written, in the order that the maps are. */
function formsOver(devices: PersistentMap<Device>, templates: Templates): Forms {
  return {
    files: keysForm,
    declared: declarationForm,
    applications: plainForm(),
    fleets: plainForm(),
    sites: plainForm(),
    policies: plainForm(),
    secrets: plainForm(),
    devices: deviceForm,
    devicesBySite: namesForm,
    devicesByFingerprint: namesForm,
    members: namesForm,
    strays: nameSetForm,
    unsealed: plainForm(),
    pins: plainForm(),
    witnesses: plainForm(),
    desiredDevices: desiredForm(devices, templates),
  };
}

/** Where the maps of a state lie. */
export type StatePlaces = Readonly<Record<MapName | 'templates', NodePlace>>;

/** Writes all of a state but its catalogue. */
export function* writeState(state: ManifestState, writer: PieceWriter): Steps<StatePlaces> {
  const templates = new Map<string, DeviceTemplate>();
  const note = (template: DeviceTemplate): void => void templates.set(template.hash, template);
  const forms = formsOver(state.devices, { note, get: (hash) => templates.get(hash) });
  const places: Partial<Record<MapName, NodePlace>> = {};
  // A map and its form have the same name, and so the same values.
  for (const name of Object.keys(forms) as MapName[])
    places[name] = yield* writeMap<unknown>(state[name], writer, forms[name] as ValueForm<unknown>);
  return {
    ...(places as Record<MapName, NodePlace>),
    templates: yield* writeMap(
      yield* PersistentMap.empty<DeviceTemplate>().withChanges(templates),
      writer,
      plainForm(),
    ),
  };
}

/** The opposite of `writeState`; nothing of it is read yet. */
export function openState(
  places: StatePlaces,
  reader: PieceReader,
  catalogue: ManifestState['catalogue'],
): ManifestState {
  const devices = openMap(places.devices, reader, deviceForm);
  const templates = openMap<DeviceTemplate>(places.templates, reader, plainForm());
  const forms = formsOver(devices, { note: () => {}, get: (hash) => templates.get(hash) });
  const opened = (Object.keys(forms) as MapName[]).map((name) => [
    name,
    // The devices that others are drawn from are the ones that are shown: each is read once.
    name === 'devices' ? devices : openMap<unknown>(places[name], reader, forms[name] as ValueForm<unknown>),
  ]);
  return { ...Object.fromEntries(opened), catalogue };
}
