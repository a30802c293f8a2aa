/** What one manifest file holds, without its path: the same bytes are the same parsed file wherever they stand. */
import type { Application, Device, Fleet, Policy, Problem, Secret, Site } from '../../schemas/generated/types.ts';
import type { ValuePath } from './finding.ts';

export type Manifest = Application | Device | Fleet | Policy | Secret | Site;

export type ManifestKind = Manifest['kind'];

/** A manifest and the index of its document in the file. */
export interface PlacedManifest {
  readonly document: number;
  readonly manifest: Manifest;
}

/** A name in a document that has problems, which should lead to another manifest or to a release. */
export type BrokenReference =
  | { readonly kind: 'Site' | 'Application'; readonly name: string; readonly path: ValuePath }
  | { readonly kind: 'Release'; readonly name: string; readonly version: string; readonly path: ValuePath };

/** What could be made out of a document that has problems. */
export interface BrokenManifest {
  readonly kind?: ManifestKind;
  readonly name?: string;
  /** Index of the document; absent when the text could not be told apart into documents. */
  readonly document?: number;
  /** Terms of the label index that it would have once it is mended, and many more; absent when nothing can be told. */
  readonly terms?: ReadonlySet<string>;
  readonly references?: readonly BrokenReference[];
}

/** A problem whose file is known by who asked. */
export type FileProblem = Omit<Problem, 'file'>;

export interface ParsedFile {
  readonly manifests: readonly PlacedManifest[];
  readonly broken: readonly BrokenManifest[];
  /** Sorted by line and column. */
  readonly problems: readonly FileProblem[];
  /** It has problems, and nothing in it says that it is a manifest of a fleet: outside of where these live, it is no mistake. */
  readonly isStranger?: true;
}
