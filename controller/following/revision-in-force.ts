/** The revision that devices follow: taken up again at a restart, replaced only by a valid one. */
import type { Problem, RevisionStatus } from '../../schemas/generated/types.ts';
import { applyChanges } from '../manifests/apply-changes.ts';
import type { Catalogue } from '../manifests/desired.ts';
import type { FileChange } from '../manifests/draft.ts';
import { filesToLocate, locateProblems, type Refused } from '../manifests/locate-problems.ts';
import { emptyManifestState, type ManifestState } from '../manifests/manifest-state.ts';
import type { BlobCache, RevisionFiles } from '../state/blob-cache.ts';
import { type ChangedPath, changedFiles, changedManifests, type ReadBlob, readManifests } from './manifest-reader.ts';

/** A commit with all its files. */
export interface RevisionTree {
  readonly info: RevisionStatus;
  readonly files: RevisionFiles;
}

/** A revision that was found valid, with what it comes to; without `info`, none was yet. */
export interface ValidRevision {
  readonly info?: RevisionStatus;
  readonly files: RevisionFiles;
  readonly state: ManifestState;
}

/** Before the first revision: no files, no devices. */
export const noRevision: ValidRevision = { files: new Map(), state: emptyManifestState };

/** What a revision comes to when it is laid over another. */
export type Judged =
  | {
      readonly kind: 'valid';
      readonly revision: ValidRevision;
      readonly affected: ReadonlySet<string>;
      /** What of the whole revision is most likely not meant. */
      readonly warnings: readonly Problem[];
    }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

async function describe(refused: Refused, files: RevisionFiles, readBlob: ReadBlob): Promise<Problem[]> {
  const bytes = new Map<string, Uint8Array>();
  for (const path of filesToLocate(refused)) {
    const blob = files.get(path);
    if (blob !== undefined) bytes.set(path, await readBlob(blob));
  }
  return locateProblems(refused, (path) => bytes.get(path));
}

/** How to lay one revision over another. */
export interface RevisionStep {
  readonly before: ValidRevision;
  readonly info: RevisionStatus;
  /** What differs from `before`. */
  readonly changes: readonly ChangedPath[];
}

/** The commit that a step leads to. */
export function treeAfter({ before, info, changes }: RevisionStep): RevisionTree {
  return { info, files: changedFiles(before.files, changes) };
}

/** How blobs are read. */
export interface Reading {
  readonly cache: BlobCache;
  readonly readBlob: ReadBlob;
  /** Gives others their turn. */
  readonly yieldTurn: () => Promise<void>;
}

/** Judges a revision by what differs from the one before it; reads only blobs that differ and were never read. */
export async function judgeRevision(
  step: RevisionStep,
  catalogue: Catalogue,
  { cache, readBlob, yieldTurn }: Reading,
): Promise<Judged> {
  const { info, files } = treeAfter(step);
  const changed = changedManifests(step.changes);
  const blobs = changed.map(({ oid }) => oid);
  const parsed = await readManifests(cache, readBlob, blobs, yieldTurn);
  const changes: FileChange[] = changed.map(({ path }, at) => ({ path, file: parsed[at] }));
  const applied = applyChanges(step.before.state, changes, catalogue);
  if (applied.kind === 'refused') return { kind: 'refused', problems: await describe(applied, files, readBlob) };
  const warnings = await describe({ problems: [], findings: applied.warnings }, files, readBlob);
  return { kind: 'valid', revision: { info, files, state: applied.state }, affected: applied.affected, warnings };
}
