/** What one manifest file holds, without its path: the same bytes are the same parsed file wherever they stand. */
import type { Application, Device, Fleet, Problem, Site } from '../../schemas/generated/types.ts';
import { checkDocument } from './document-check.ts';

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

/** A parsed file as bytes for a cache by blob id; undefined when it has problems, which are not worth keeping. */
export function encodeParsedFile(file: ParsedFile): Uint8Array | undefined {
  if (file.problems.length > 0) return undefined;
  return new TextEncoder().encode(JSON.stringify(file.manifests));
}

/**
 * Reads what `encodeParsedFile` wrote. Undefined when the bytes are damaged or the manifests do not meet today's schemas:
 * then the file must be parsed again. Checking is cheap beside parsing YAML, and makes a cache from an older version safe.
 */
export function decodeParsedFile(bytes: Uint8Array): ParsedFile | undefined {
  let placed: unknown;
  try {
    placed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (!Array.isArray(placed)) return undefined;
  const manifests: PlacedManifest[] = [];
  for (const entry of placed as readonly Partial<PlacedManifest>[]) {
    if (typeof entry !== 'object' || entry === null || !Number.isInteger(entry.document)) return undefined;
    const checked = checkDocument(entry.manifest, entry.document!);
    if (checked.kind === 'broken') return undefined;
    manifests.push({ document: entry.document!, manifest: checked.manifest });
  }
  return { manifests, broken: [], problems: [] };
}
