/** The revision that devices follow: taken up again at a restart, replaced only by a valid one. */
import type { Turn } from '../../platform/turn.ts';
import type { Problem, RevisionStatus } from '../../schemas/generated/types.ts';
import { applyChangesInSteps } from '../manifests/apply-changes.ts';
import type { Catalogue } from '../manifests/desired.ts';
import type { FileChange } from '../manifests/draft.ts';
import { filesToLocate, locateProblems, type Refused } from '../manifests/locate-problems.ts';
import { emptyManifestState, type ManifestState } from '../manifests/manifest-state.ts';
import { MapDraft } from '../manifests/map-draft.ts';
import { isUnreadName } from '../manifests/passed-over.ts';
import { PersistentMap } from '../manifests/persistent-map.ts';
import { pauseNow, runInTurns, type Steps } from '../manifests/steps.ts';
import { judgeAssemblies, type ReadModule } from '../publishing/judge-assemblies.ts';
import { isTrustFile } from '../publishing/trust-files.ts';
import { SourceError } from '../source/source-error.ts';
import type { BlobCache, RevisionFiles } from '../state/blob-cache.ts';
import type { Publisher, RevisionSource } from './follower-parts.ts';
import { type ChangedPath, changedManifests, type ReadBlob, readManifests } from './manifest-reader.ts';

/** The files of a commit: blob ids by path. What is few and asked for at every commit is kept apart beside them. */
interface Files {
  readonly files: PersistentMap<string>;
  /** Those of signed metadata. */
  readonly trustFiles: ReadonlyMap<string, string>;
  /** Those that look like manifests and are read by nobody. */
  readonly unread: ReadonlySet<string>;
}

/** A commit with all its files. */
export interface RevisionTree extends Files {
  readonly info: RevisionStatus;
}

/** A revision that was found valid, with what it comes to; without `info`, none was yet. */
export interface ValidRevision extends Files {
  readonly info?: RevisionStatus;
  readonly state: ManifestState;
}

/** Before the first revision: no files, no devices. */
export const noRevision: ValidRevision = {
  files: PersistentMap.empty(),
  trustFiles: new Map(),
  unread: new Set(),
  state: emptyManifestState,
};

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

/** From `before` to the commit `info`; from nothing, when git no longer has what is in force to compare with. */
export async function stepTo(
  source: Pick<RevisionSource, 'changes'>,
  before: ValidRevision,
  info: RevisionStatus,
): Promise<RevisionStep> {
  try {
    return { before, info, changes: await source.changes(before.info?.id, info.id) };
  } catch (error) {
    if (!(error instanceof SourceError) || error.code !== 'GONE') throw error;
  }
  const whole = new Map((await source.changes(undefined, info.id)).map((change) => [change.path, change]));
  const gone = [...before.files.keys()].filter((path) => !whole.has(path)).map((path) => ({ path }));
  const changed = [...whole.values()].filter(({ path, oid }) => before.files.get(path) !== oid);
  return { before, info, changes: [...changed, ...gone] };
}

function* changedFiles(before: Files, changes: readonly ChangedPath[]): Steps<Files> {
  const files = new MapDraft(before.files);
  const trustFiles = new Map(before.trustFiles);
  const unread = new Set(before.unread);
  for (const { path, oid } of changes) {
    yield pauseNow;
    oid === undefined ? files.delete(path) : files.set(path, oid);
    if (isTrustFile(path)) oid === undefined ? trustFiles.delete(path) : trustFiles.set(path, oid);
    if (isUnreadName(path)) oid === undefined ? unread.delete(path) : unread.add(path);
  }
  return { files: yield* files.settled(), trustFiles, unread };
}

/** The commit that a step leads to. */
export async function treeAfter({ before, info, changes }: RevisionStep, turn: Turn): Promise<RevisionTree> {
  return { info, ...(await runInTurns(changedFiles(before, changes), turn)) };
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
  const changed = changedManifests(step.changes);
  const blobs = changed.map(({ oid }) => oid);
  const parsed = await readManifests(cache, readBlob, blobs, turn);
  const changes: FileChange[] = changed.map(({ path }, at) => ({ path, file: parsed[at] }));
  const applied = await runInTurns(applyChangesInSteps(step.before.state, changes, catalogue), turn);
  if (applied.kind === 'refused') return { kind: 'refused', problems: await describe(applied, tree.files, readBlob) };
  const warnings = await describe({ problems: [], findings: applied.warnings }, tree.files, readBlob);
  return { kind: 'valid', revision: { ...tree, state: applied.state }, affected: applied.affected, warnings };
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
