/** A state in the making: the state before, what the changed files declare, what they touch and what is wrong so far. */
import type { Application, Device, Fleet, Policy, Secret, Site } from '../../schemas/generated/types.ts';
import type { DeviceSheet } from './device-sheet.ts';
import type { ValuePath } from './finding.ts';
import type { FindingList, FindingPlace } from './finding-list.ts';
import type { ManifestKey, ManifestState } from './manifest-state.ts';
import type { ManifestKind, ParsedFile } from './parsed-file.ts';

/** A manifest file that differs from the revision before; without `file` it is gone. A path is changed once. */
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

/** Manifests that differ, come or go, by name, as they are now; undefined for those that are gone. */
export interface Touched {
  readonly Application: Map<string, Application | undefined>;
  readonly Device: Map<string, Device | undefined>;
  readonly Fleet: Map<string, Fleet | undefined>;
  readonly Policy: Map<string, Policy | undefined>;
  readonly Secret: Map<string, Secret | undefined>;
  readonly Site: Map<string, Site | undefined>;
}

export interface Draft {
  readonly before: ManifestState;
  /** Each of its maps is whole: who makes one anew puts it here when it is done. */
  readonly next: Mutable<ManifestState>;
  readonly findings: FindingList;
  readonly touched: Touched;
  /** Devices that come as well, of which `touched` has none. */
  readonly sheet: DeviceSheet;
  readonly broken: BrokenDeclarations;
}

/** A device's manifest in the draft. */
export function deviceIn({ next, touched }: Draft, name: string): Device | undefined {
  return touched.Device.get(name) ?? next.devices.get(name);
}

/** A place in a manifest that the draft holds. */
export function placeIn(
  draft: Draft,
  key: ManifestKey,
  path: ValuePath,
  part: FindingPlace['part'] = 'value',
): FindingPlace {
  const { file, document } = draft.next.declared.get(key)!;
  return { file, document, path, part };
}
