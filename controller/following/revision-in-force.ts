/** The revision that devices follow: taken up again at a restart, replaced only by a valid one. */
import type { Turn } from '../../platform/turn.ts';
import type { Problem, RevisionStatus } from '../../schemas/generated/types.ts';
import { applyChangesInSteps } from '../manifests/apply-changes.ts';
import type { Catalogue } from '../manifests/desired.ts';
import { emptyTree, type FleetTree } from '../manifests/fleet-tree.ts';
import { filesToLocate, locateProblems, type Refused } from '../manifests/locate-problems.ts';
import { emptyManifestState, type ManifestState } from '../manifests/manifest-state.ts';
import { runInTurns } from '../manifests/steps.ts';
import { judgeAssemblies, type ReadModule } from '../publishing/judge-assemblies.ts';
import type { TreeChanges } from '../source/source.ts';
import { SourceError } from '../source/source-error.ts';
import type { BlobCache, RevisionFiles } from '../state/blob-cache.ts';
import type { Publisher, RevisionSource } from './follower-parts.ts';
import { changedManifests, type ReadBlob, readManifests } from './manifest-reader.ts';
import { changedTree, changesBetween } from './revision-tree.ts';

/** A commit with all its files. */
export interface RevisionTree extends FleetTree {
  readonly info: RevisionStatus;
}

/** A revision that was found valid, with what it comes to; without `info`, none was yet. */
export interface ValidRevision extends FleetTree {
  readonly info?: RevisionStatus;
  readonly state: ManifestState;
}

/** Before the first revision: no files, no devices. */
export const noRevision: ValidRevision = { ...emptyTree, state: emptyManifestState };

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

/** The problems with the places they are at in the files of a commit. */
export async function describe(refused: Refused, files: RevisionFiles, readBlob: ReadBlob): Promise<Problem[]> {
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
  readonly changes: TreeChanges;
}

/** From `before` to the commit `info`; from nothing, when git no longer has what is in force to compare with. */
export async function stepTo(
  source: Pick<RevisionSource, 'changes'>,
  before: ValidRevision,
  info: RevisionStatus,
  turn: Turn,
): Promise<RevisionStep> {
  try {
    return { before, info, changes: await source.changes(before.info?.id, info.id) };
  } catch (error) {
    if (!(error instanceof SourceError) || error.code !== 'GONE') throw error;
  }
  const whole = await runInTurns(changedTree(emptyTree, await source.changes(undefined, info.id)), turn);
  return { before, info, changes: await runInTurns(changesBetween(before, whole), turn) };
}

/** The commit that a step leads to. */
export async function treeAfter({ before, info, changes }: RevisionStep, turn: Turn): Promise<RevisionTree> {
  return { info, ...(await runInTurns(changedTree(before, changes), turn)) };
}

/** How blobs are read. */
export interface Reading {
  readonly cache: BlobCache;
  readonly readBlob: ReadBlob;
  /** Others have their turns in between. */
  readonly turn: Turn;
}

/** Judges a revision by what differs from the one before it; reads only blobs that differ and were never read. */
export async function judgeRevision(
  step: RevisionStep,
  tree: RevisionTree,
  catalogue: Catalogue,
  { cache, readBlob, turn }: Reading,
): Promise<Judged> {
  const changed = await runInTurns(changedManifests(step.changes.files), turn);
  const changes = await readManifests(cache, readBlob, changed, turn);
  const applied = await runInTurns(applyChangesInSteps(step.before.state, changes, catalogue), turn);
  if (applied.kind === 'refused') return { kind: 'refused', problems: await describe(applied, tree.files, readBlob) };
  const warnings = await describe({ problems: [], findings: applied.warnings }, tree.files, readBlob);
  const affected = await runInTurns(applied.affected(), turn);
  return { kind: 'valid', revision: { ...tree, state: applied.state }, affected, warnings };
}

/** All that is wrong with a revision; what it puts together and can't run is only asked of one that is right otherwise. */
export async function problemsOf(
  judged: Judged,
  { before }: RevisionStep,
  tree: RevisionTree,
  { publisher, readBlob }: { readonly publisher: Publisher; readonly readBlob: ReadBlob },
): Promise<readonly Problem[]> {
  if (judged.kind === 'refused') return judged.problems;
  const read: ReadModule = (release) => publisher.readModule(tree, readBlob, release);
  const findings = await judgeAssemblies(judged.revision.state, before.state, read);
  return describe({ problems: [], findings }, tree.files, readBlob);
}
