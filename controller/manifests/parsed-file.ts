/** What one manifest file holds, without its path: the same bytes are the same parsed file wherever they stand. */
import type { Application, Device, Fleet, Problem, Site } from '../../schemas/generated/types.ts';

export type Manifest = Application | Device | Fleet | Site;

export type ManifestKind = Manifest['kind'];

/** A manifest and the index of its document in the file. */
export interface PlacedManifest {
  readonly document: number;
  readonly manifest: Manifest;
}

/** What could be made out of a document that has problems, so that whoever refers to it is not blamed too. */
export interface BrokenManifest {
  readonly kind?: string;
  readonly name?: string;
}

/** A problem whose file is known by who asked. */
export type FileProblem = Omit<Problem, 'file'>;

export interface ParsedFile {
  readonly manifests: readonly PlacedManifest[];
  readonly broken: readonly BrokenManifest[];
  /** Sorted by line and column. */
  readonly problems: readonly FileProblem[];
}
