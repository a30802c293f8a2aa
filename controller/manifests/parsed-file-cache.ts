/** Parsed files as bytes, for a cache by blob id that outlives restarts. */
import { checkDocument } from './document-check.ts';
import type { ParsedFile, PlacedManifest } from './parsed-file.ts';

/** In place of the manifests of a file that is none of ours. */
const stranger = { isStranger: true };

const strangerFile: ParsedFile = {
  manifests: [],
  broken: [{}],
  problems: [{ line: 1, column: 1, code: 'NOT_A_MANIFEST', message: 'nothing in this file is a manifest of a fleet' }],
  isStranger: true,
};

/** A parsed file as bytes for a cache by blob id; undefined when it is ours and has problems, which are not worth keeping. */
export function encodeParsedFile(file: ParsedFile): Uint8Array | undefined {
  if (file.isStranger) return new TextEncoder().encode(JSON.stringify(stranger));
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
  if (JSON.stringify(placed) === JSON.stringify(stranger)) return strangerFile;
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
