/** What was in force before a restart, judged again as far as it was not kept judged. */
import type { RevisionStatus } from '../../schemas/generated/types.ts';
import type { Catalogue } from '../manifests/desired.ts';
import type { TreeChanges } from '../source/source.ts';
import { SourceError } from '../source/source-error.ts';
import type { BranchFollowerParts } from './follower-parts.ts';
import type { JudgedKeeper } from './judged-keeper.ts';
import type { ReadBlob } from './manifest-reader.ts';
import {
  judgeRevision,
  noRevision,
  type Reading,
  type RevisionStep,
  treeAfter,
  type ValidRevision,
} from './revision-in-force.ts';

type Parts = Pick<BranchFollowerParts, 'cache' | 'source' | 'publisher'>;

/** What a start stands on. */
export interface TakenUp {
  readonly revision: ValidRevision;
  readonly catalogue: Catalogue;
}

/** Without the repository nothing is told of what is no file. */
async function unlessGone<T>(ask: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof SourceError) return otherwise;
    throw error;
  }
}

/** All of it, from the cache, so that a restart does not need the repository. */
async function wholeStep({ cache, source }: Parts, info: RevisionStatus, { turn }: Reading): Promise<RevisionStep> {
  const { id } = info;
  const kept = await cache.files(id, turn);
  if (kept !== undefined) {
    const files = Array.from(kept, ([path, oid]) => ({ path, oid }));
    const { odd } = await unlessGone<TreeChanges>(() => source.changes(undefined, id), { files, odd: [] });
    return { before: noRevision, info, changes: { files, odd } };
  }
  const changes = await source.changes(undefined, id);
  await cache.keepFiles(id, new Map(changes.files.map(({ path, oid }) => [path, oid!])), turn);
  return { before: noRevision, info, changes };
}

/** What differs from what was kept judged; undefined where nothing was, or git can't tell. */
async function stepFromKept(
  { source }: Parts,
  info: RevisionStatus,
  keeper: JudgedKeeper,
  { turn }: Reading,
): Promise<RevisionStep | undefined> {
  const kept = await keeper.open(turn);
  if (kept === undefined) return undefined;
  const before = { ...kept.tree, state: kept.state };
  if (kept.id === info.id) return { before, info, changes: { files: [], odd: [] } };
  const changes = await unlessGone<TreeChanges | undefined>(() => source.changes(kept.id, info.id), undefined);
  return changes && { before, info, changes };
}

/** Takes up what was in force. Throws where that is not possible, or it is not valid any more. */
export async function takeUp(
  parts: Parts,
  info: RevisionStatus,
  keeper: JudgedKeeper,
  reading: Reading,
  readTrust: ReadBlob,
): Promise<TakenUp> {
  const step = (await stepFromKept(parts, info, keeper, reading)) ?? (await wholeStep(parts, info, reading));
  const tree = await treeAfter(step, reading.turn);
  const catalogue = await parts.publisher.recall(tree, readTrust);
  await reading.turn.rest();
  const judged = await judgeRevision(step, tree, catalogue, reading);
  if (judged.kind === 'refused') {
    const why = judged.problems[0]?.message;
    throw new Error(`revision ${info.id} was in force and is not valid any more: ${why}`);
  }
  const { revision, affected } = judged;
  keeper.note({ id: info.id, tree: revision, state: revision.state }, step.changes.files.length, affected.size);
  return { revision, catalogue };
}
