/** Reads changed files into a draft of the next state: declarations and indices, nothing of what they come to. */
import type { Device } from '../../schemas/generated/types.ts';
import { type DeviceSheet, fingerprintOf } from './device-sheet.ts';
import { type Draft, type FileChange, placeIn, type Touched } from './draft.ts';
import { FindingList } from './finding-list.ts';
import type { Incoming } from './incoming.ts';
import { type Declaration, keyOf, type ManifestKey, type ManifestState, manifestUnder } from './manifest-state.ts';
import { MapDraft } from './map-draft.ts';
import { NameIndexDraft, type Names, namesUnder } from './name-index.ts';
import type { BrokenManifest, Manifest, ManifestKind } from './parsed-file.ts';
import { hashedRows, type PersistentMap } from './persistent-map.ts';
import { notePins } from './pinned-releases.ts';
import { forEachInSteps, type Steps } from './steps.ts';

/** A manifest and where it stands. */
interface Standing extends Declaration {
  readonly manifest: Manifest;
}

/** What stands where once the changed files have taken the place of what they were. */
interface Declarations {
  readonly declared: MapDraft<Declaration>;
  /** Of what the changed files declare, the manifests that count. */
  readonly manifests: ReadonlyMap<ManifestKey, Manifest>;
  /** Of a key that is declared more than once, the others. */
  readonly others: ReadonlyMap<ManifestKey, readonly Standing[]>;
  /** What the changed files declare now; undefined for one that is gone. */
  readonly files: readonly (readonly [path: string, keys: readonly ManifestKey[] | undefined])[];
}

function compareDeclarations(left: Declaration, right: Declaration): number {
  if (left.file !== right.file) return left.file < right.file ? -1 : 1;
  return left.document - right.document;
}

/** The first by file and document is the one that counts. */
function putInOrder(
  before: ManifestState,
  declared: MapDraft<Declaration>,
  manifests: Map<ManifestKey, Manifest>,
  others: ReadonlyMap<ManifestKey, Standing[]>,
): void {
  for (const [key, rest] of others) {
    const counting = { ...declared.get(key)!, manifest: manifests.get(key) ?? manifestUnder(before, key)! };
    const [first, ...later] = [counting, ...rest].sort(compareDeclarations);
    const { file, document, manifest } = first!;
    declared.set(key, { file, document });
    manifests.set(key, manifest);
    rest.splice(0, rest.length, ...later);
  }
}

function* declarationsAfter(before: ManifestState, changes: readonly FileChange[]): Steps<Declarations> {
  const declared = new MapDraft(before.declared);
  yield* forEachInSteps(changes, ({ path }) => {
    for (const key of before.files.get(path) ?? []) declared.delete(key);
  });
  const manifests = new Map<ManifestKey, Manifest>();
  const others = new Map<ManifestKey, Standing[]>();
  const files: Declarations['files'][number][] = [];
  yield* forEachInSteps(changes, ({ path, file }) => {
    const keys = file?.manifests.map(({ manifest }) => keyOf(manifest));
    files.push([path, keys]);
    for (const [at, { document, manifest }] of (file?.manifests ?? []).entries()) {
      const key = keys![at]!;
      if (declared.get(key) !== undefined) {
        others.set(key, [...(others.get(key) ?? []), { file: path, document, manifest }]);
        continue;
      }
      declared.set(key, { file: path, document });
      manifests.set(key, manifest);
    }
  });
  putInOrder(before, declared, manifests, others);
  return { declared, manifests, others, files };
}

const everyKind: readonly ManifestKind[] = ['Application', 'Device', 'Fleet', 'Policy', 'Secret', 'Site'];

function noteBroken({ broken }: Draft, file: string, { kind, name, terms }: BrokenManifest): void {
  if (name === undefined) broken.untold.push({ file, kind });
  else for (const one of kind === undefined ? everyKind : [kind]) broken.keys.add(`${one}/${name}`);
  if (kind !== undefined && kind !== 'Device') return;
  if (terms !== undefined) broken.devices.push(terms);
  else if (name !== undefined) broken.untold.push({ file, kind: 'Device' });
}

function reportDuplicates({ next, findings }: Draft, { others }: Declarations): void {
  for (const [key, declarations] of others) {
    const first = next.declared.get(key)!;
    for (const { file, document, manifest } of declarations) {
      const message = `${manifest.kind} "${manifest.metadata.name}" is declared in ${first.file} already`;
      findings.add({ file, document, path: ['metadata', 'name'], part: 'value' }, 'DUPLICATE_NAME', message);
    }
  }
}

/** A document with problems may declare what another one does. */
function reportBrokenDuplicates({ next, findings }: Draft, changes: readonly FileChange[]): void {
  const seen = new Map<ManifestKey, string>();
  for (const { path, file } of changes) {
    for (const { kind, name, document } of file?.broken ?? []) {
      if (kind === undefined || name === undefined || document === undefined) continue;
      const key: ManifestKey = `${kind}/${name}`;
      const first = next.declared.get(key)?.file ?? seen.get(key);
      if (first === undefined) seen.set(key, path);
      else {
        const message = `${kind} "${name}" is declared in ${first} already`;
        findings.add({ file: path, document, path: ['metadata', 'name'], part: 'value' }, 'DUPLICATE_NAME', message);
      }
    }
  }
}

function* touchedBy(before: ManifestState, { declared, manifests }: Declarations): Steps<Touched> {
  const touched = {
    Application: new Map<string, Manifest | undefined>(),
    Device: new Map<string, Manifest | undefined>(),
    Fleet: new Map<string, Manifest | undefined>(),
    Policy: new Map<string, Manifest | undefined>(),
    Secret: new Map<string, Manifest | undefined>(),
    Site: new Map<string, Manifest | undefined>(),
  };
  yield* forEachInSteps(declared.changes.keys() as Iterable<ManifestKey>, (key) => {
    const manifest = manifests.get(key);
    if (manifest === manifestUnder(before, key)) return;
    if (manifest !== undefined) touched[manifest.kind].set(manifest.metadata.name, manifest);
    else {
      const [kind, name] = key.split('/') as [ManifestKind, string];
      touched[kind].set(name, undefined);
    }
  });
  // A key begins with the kind of its manifest.
  return touched as Touched;
}

type DeclarationMaps = Pick<ManifestState, 'files' | 'declared' | 'devices'>;

type DeviceIndices = Pick<ManifestState, 'devicesBySite' | 'devicesByFingerprint' | 'pins'>;

/** Also brings the fingerprints that may be of several devices now to `shared`. */
function* indicesAfter({ before, touched, sheet }: Draft, shared: Set<string>): Steps<DeviceIndices> {
  const bySite = new NameIndexDraft(before.devicesBySite);
  const byFingerprint = new NameIndexDraft(before.devicesByFingerprint);
  const pins = new MapDraft(before.pins);
  const change = (what: 'add' | 'remove', { metadata: { name }, spec }: Device, fingerprint?: string) => {
    if (spec.site !== undefined) bySite[what](spec.site, name);
    if (fingerprint !== undefined && byFingerprint[what](fingerprint, name) === true) shared.add(fingerprint);
  };
  yield* forEachInSteps(touched.Device, ([name, device]) => {
    const old = before.devices.get(name);
    if (old !== undefined) change('remove', old, fingerprintOf(old));
    if (device !== undefined) change('add', device, fingerprintOf(device));
    notePins(pins, name, device);
  });
  const { names, sites, fingerprints, fingerprintRows } = sheet;
  yield* forEachInSteps(names.keys.entries(), ([row, name]) => {
    const site = sites[row];
    if (site !== undefined) bySite.addRow(site, name);
  });
  const ofFingerprints = fingerprints.rows<Names>((at) => names.keys[fingerprintRows[at]!]!);
  return {
    devicesBySite: yield* bySite.settled(),
    devicesByFingerprint: (yield* byFingerprint.settled()).withRows(ofFingerprints),
    pins: yield* pins.settled(),
  };
}

function reportSharedFingerprints(draft: Draft, shared: Iterable<string>): void {
  const { next, findings } = draft;
  for (const fingerprint of shared) {
    const [first, ...others] = [...namesUnder(next.devicesByFingerprint, fingerprint)].sort();
    for (const name of others) {
      const message = `device "${first}" has the same key; every device makes its own`;
      findings.add(placeIn(draft, `Device/${name}`, ['spec', 'keyFingerprint']), 'DUPLICATE_FINGERPRINT', message);
    }
  }
}

function changed<T>(map: PersistentMap<T>, touched: ReadonlyMap<string, T | undefined>): Steps<PersistentMap<T>> {
  return map.withChanges(touched);
}

/** The maps of what stands where, with the rows of a sheet. */
function* withSheet(maps: DeclarationMaps, sheet: DeviceSheet): Steps<DeclarationMaps> {
  const { names, paths } = sheet;
  const keys: ManifestKey[] = [];
  yield* forEachInSteps(names.keys, (name) => keys.push(`Device/${name}`));
  const files = yield* hashedRows({ keys: paths, valueAt: (row) => [keys[row]!] });
  const declared = yield* hashedRows({ keys, valueAt: (row) => ({ file: paths[row]!, document: 0 }) });
  return {
    files: maps.files.withRows(files),
    declared: maps.declared.withRows(declared),
    devices: maps.devices.withRows(sheet.devices()),
  };
}

/** Opens the draft of what follows `before` by what comes. */
export function* openDraft(before: ManifestState, { changes, sheet }: Incoming): Steps<Draft> {
  const declarations = yield* declarationsAfter(before, changes);
  const touched = yield* touchedBy(before, declarations);
  const draft: Draft = {
    before,
    next: {
      ...before,
      ...(yield* withSheet(
        {
          files: yield* before.files.withChanges(declarations.files),
          declared: yield* declarations.declared.settled(),
          devices: yield* changed(before.devices, touched.Device),
        },
        sheet,
      )),
      applications: yield* changed(before.applications, touched.Application),
      fleets: yield* changed(before.fleets, touched.Fleet),
      sites: yield* changed(before.sites, touched.Site),
      policies: yield* changed(before.policies, touched.Policy),
      secrets: yield* changed(before.secrets, touched.Secret),
    },
    findings: new FindingList(),
    touched,
    sheet,
    broken: { keys: new Set(), untold: [], devices: [] },
  };
  const sharedFingerprints = new Set<string>();
  Object.assign(draft.next, yield* indicesAfter(draft, sharedFingerprints));
  for (const { path, file } of changes) for (const one of file?.broken ?? []) noteBroken(draft, path, one);
  reportDuplicates(draft, declarations);
  reportBrokenDuplicates(draft, changes);
  reportSharedFingerprints(draft, sharedFingerprints);
  return draft;
}
