/** A state in the making: the state before, the changed files read in, what they touch and what is wrong so far. */
import type { Device } from '../../schemas/generated/types.ts';
import { bareFingerprint } from '../../schemas/key-fingerprint.ts';
import type { ValuePath } from './finding.ts';
import type { FindingPlace } from './finding-list.ts';
import { FindingList } from './finding-list.ts';
import { type Declaration, keyOf, type ManifestKey, type ManifestState } from './manifest-state.ts';
import type { BrokenManifest, Manifest, ManifestKind, ParsedFile } from './parsed-file.ts';
import { type Edit, indexed, type PersistentMap, unindexed } from './persistent-map.ts';
import { labelTerms } from './selector.ts';
import { pauseNow, type Steps } from './steps.ts';

/** A manifest file that differs from the revision before; without `file` it is gone. */
export interface FileChange {
  readonly path: string;
  readonly file: ParsedFile | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What the documents with problems may declare. */
export interface BrokenDeclarations {
  /** Keys that they seem to declare: who refers to them is not blamed. */
  readonly keys: Set<ManifestKey>;
  /** Files that do not tell what they declare, by the kind that it would be, where that much is known. */
  readonly untold: { readonly file: string; readonly kind: ManifestKind | undefined }[];
  /** For each that may be a device, the terms of the label index that it may have. */
  readonly devices: ReadonlySet<string>[];
}

export interface Draft {
  readonly before: ManifestState;
  readonly next: Mutable<ManifestState>;
  /** What is new in the maps of `next` is changed in place until the draft is a state. */
  readonly edit: Edit;
  readonly findings: FindingList;
  /** Names of manifests that differ, come or go. */
  readonly touched: Readonly<Record<ManifestKind, Set<string>>>;
  readonly broken: BrokenDeclarations;
}

/** A place in a manifest that the draft holds. */
export function placeIn(
  draft: Draft,
  key: ManifestKey,
  path: ValuePath,
  part: FindingPlace['part'] = 'value',
): FindingPlace {
  const { file, document } = draft.next.declared.get(key)![0]!;
  return { file, document, path, part };
}

function compareDeclarations(left: Declaration, right: Declaration): number {
  if (left.file !== right.file) return left.file < right.file ? -1 : 1;
  return left.document - right.document;
}

const everyKind: readonly ManifestKind[] = ['Application', 'Device', 'Fleet', 'Secret', 'Site'];

function noteBroken(broken: BrokenDeclarations, file: string, { kind, name, terms }: BrokenManifest): void {
  if (name === undefined) broken.untold.push({ file, kind });
  else for (const one of kind === undefined ? everyKind : [kind]) broken.keys.add(`${one}/${name}`);
  if (kind !== undefined && kind !== 'Device') return;
  if (terms !== undefined) broken.devices.push(terms);
  else if (name !== undefined) broken.untold.push({ file, kind: 'Device' });
}

/** Takes one file out and puts its new content in; returns the keys it declared and declares. */
function replaceFile({ next, edit, broken }: Draft, { path, file }: FileChange): ManifestKey[] {
  const keys: ManifestKey[] = [];
  for (const { manifest } of next.files.get(path)?.manifests ?? []) {
    const key = keyOf(manifest);
    const rest = next.declared.get(key)!.filter((declaration) => declaration.file !== path);
    next.declared = rest.length === 0 ? next.declared.delete(key, edit) : next.declared.set(key, rest, edit);
    keys.push(key);
  }
  next.files = file === undefined ? next.files.delete(path, edit) : next.files.set(path, file, edit);
  for (const { document, manifest } of file?.manifests ?? []) {
    const key = keyOf(manifest);
    const declarations = [...(next.declared.get(key) ?? []), { file: path, document, manifest }];
    next.declared = next.declared.set(key, declarations.sort(compareDeclarations), edit);
    keys.push(key);
  }
  for (const one of file?.broken ?? []) noteBroken(broken, path, one);
  return keys;
}

function reportDuplicates({ next, findings }: Draft, key: ManifestKey): void {
  const [first, ...others] = next.declared.get(key) ?? [];
  for (const { file, document, manifest } of others) {
    const message = `${manifest.kind} "${manifest.metadata.name}" is declared in ${first!.file} already`;
    findings.add({ file, document, path: ['metadata', 'name'], part: 'value' }, 'DUPLICATE_NAME', message);
  }
}

/** A document with problems may declare what another one does. */
function reportBrokenDuplicates({ next, findings }: Draft, changes: readonly FileChange[]): void {
  const seen = new Map<ManifestKey, string>();
  for (const { path, file } of changes) {
    for (const { kind, name, document } of file?.broken ?? []) {
      if (kind === undefined || name === undefined || document === undefined) continue;
      const key: ManifestKey = `${kind}/${name}`;
      const first = next.declared.get(key)?.[0]?.file ?? seen.get(key);
      if (first === undefined) seen.set(key, path);
      else {
        const message = `${kind} "${name}" is declared in ${first} already`;
        findings.add({ file: path, document, path: ['metadata', 'name'], part: 'value' }, 'DUPLICATE_NAME', message);
      }
    }
  }
}

function replaced<T>(map: PersistentMap<T>, name: string, value: T | undefined, edit: Edit): PersistentMap<T> {
  return value === undefined ? map.delete(name, edit) : map.set(name, value, edit);
}

function fingerprintOf({ spec }: Device): string | undefined {
  return spec.keyFingerprint && bareFingerprint(spec.keyFingerprint);
}

function reindexDevice(
  { next, edit }: Draft,
  name: string,
  before: Device | undefined,
  after: Device | undefined,
): void {
  for (const [device, change] of [
    [before, unindexed],
    [after, indexed],
  ] as const) {
    if (device === undefined) continue;
    const fingerprint = fingerprintOf(device);
    for (const term of labelTerms(device.metadata.labels ?? {}))
      next.devicesByLabel = change(next.devicesByLabel, term, name, edit);
    if (device.spec.site !== undefined) next.devicesBySite = change(next.devicesBySite, device.spec.site, name, edit);
    if (fingerprint !== undefined)
      next.devicesByFingerprint = change(next.devicesByFingerprint, fingerprint, name, edit);
  }
}

function put(draft: Draft, kind: ManifestKind, name: string, manifest: Manifest | undefined): void {
  const { next, edit } = draft;
  switch (kind) {
    case 'Application':
      next.applications = replaced(next.applications, name, manifest as typeof manifest & { kind: typeof kind }, edit);
      break;
    case 'Fleet':
      next.fleets = replaced(next.fleets, name, manifest as typeof manifest & { kind: typeof kind }, edit);
      break;
    case 'Secret':
      next.secrets = replaced(next.secrets, name, manifest as typeof manifest & { kind: typeof kind }, edit);
      break;
    case 'Site':
      next.sites = replaced(next.sites, name, manifest as typeof manifest & { kind: typeof kind }, edit);
      break;
    case 'Device': {
      const device = manifest as typeof manifest & { kind: typeof kind };
      reindexDevice(draft, name, next.devices.get(name), device);
      next.devices = replaced(next.devices, name, device, edit);
      break;
    }
    default:
      kind satisfies never;
  }
}

function* reportSharedFingerprints(draft: Draft): Steps<void> {
  const { next, findings, touched } = draft;
  const shared = new Set<string>();
  for (const name of touched.Device) {
    yield pauseNow;
    const device = next.devices.get(name);
    const fingerprint = device && fingerprintOf(device);
    if (fingerprint === undefined) continue;
    if ((next.devicesByFingerprint.get(fingerprint)?.size ?? 0) > 1) shared.add(fingerprint);
  }
  for (const fingerprint of shared) {
    const [first, ...others] = [...next.devicesByFingerprint.get(fingerprint)!.keys()].sort();
    for (const name of others) {
      const message = `device "${first}" has the same key; every device makes its own`;
      findings.add(placeIn(draft, `Device/${name}`, ['spec', 'keyFingerprint']), 'DUPLICATE_FINGERPRINT', message);
    }
  }
}

/** Reads the changed files into a draft of the next state: declarations and indices, nothing of what they come to. */
export function* openDraft(before: ManifestState, changes: readonly FileChange[]): Steps<Draft> {
  const draft: Draft = {
    before,
    next: { ...before },
    edit: {},
    findings: new FindingList(),
    touched: { Application: new Set(), Device: new Set(), Fleet: new Set(), Secret: new Set(), Site: new Set() },
    broken: { keys: new Set(), untold: [], devices: [] },
  };
  const keys = new Set<ManifestKey>();
  for (const change of changes) {
    for (const key of replaceFile(draft, change)) keys.add(key);
    yield pauseNow;
  }
  for (const key of keys) {
    yield pauseNow;
    reportDuplicates(draft, key);
    const manifest = draft.next.declared.get(key)?.[0]?.manifest;
    if (manifest === before.declared.get(key)?.[0]?.manifest) continue;
    const [kind, name] = key.split('/') as [ManifestKind, string];
    draft.touched[kind].add(name);
    put(draft, kind, name, manifest);
  }
  reportBrokenDuplicates(draft, changes);
  yield* reportSharedFingerprints(draft);
  return draft;
}
