/** A fleet repository at one moment: a commit, or the files as they lie in the directory, as what differs from another one. */
import { changedTree, changesBetween, treeOf } from '../controller/following/revision-tree.ts';
import { emptyTree, type FleetTree } from '../controller/manifests/fleet-tree.ts';
import { passedOver } from '../controller/manifests/passed-over.ts';
import { runAtOnce } from '../controller/manifests/steps.ts';
import { isTrustFile, type TrustFiles } from '../controller/publishing/trust-files.ts';
import { parseCommit } from '../controller/source/commit.ts';
import { fleetChanges } from '../controller/source/fleet-files.ts';
import { objectId } from '../controller/source/object-id.ts';
import type { TreeChanges } from '../controller/source/source.ts';
import { SourceError } from '../controller/source/source-error.ts';
import type { Problem, RevisionStatus } from '../schemas/generated/types.ts';
import { type CommandContext, CommandError } from './command.ts';
import type { FleetRepository } from './fleet-repository.ts';
import { commitNamed } from './named-commit.ts';
import { readStagedTree } from './staged-tree.ts';
import { readWorkingTree, type TreeSnapshot } from './working-tree.ts';

/** What another tree is laid over: one of the same repository, or nothing. */
export interface Underlay {
  /** Its id in git, where git holds it. */
  readonly id?: string;
  readonly tree: FleetTree;
}

export const noUnderlay: Underlay = { tree: emptyTree };

/** A tree as what differs from its underlay. */
export interface LaidTree extends Underlay {
  readonly changes: TreeChanges;
  /** Makes blobs available to `blob`. */
  readonly bring: (oids: Iterable<string>) => Promise<void>;
  readonly blob: (oid: string) => Uint8Array | undefined;
  readonly trust: TrustFiles;
  /** What is not read although somebody may think so. */
  readonly warnings: readonly Problem[];
}

/** A work tree, of which every file is at hand. */
export interface LaidDirectory extends LaidTree {
  /** A release as a commit would hold it; undefined where it would hold none. */
  readonly releaseBytes: (path: string) => Uint8Array | undefined;
}

export interface FleetRevision extends LaidTree {
  /** Absent for files that are not committed. */
  readonly commit?: RevisionStatus;
  /** A release by its path; undefined when there is none. */
  readonly readFile: (path: string) => Promise<Uint8Array | undefined>;
}

type Laid = Underlay & Pick<LaidTree, 'changes'>;

/** Of a tree whose blobs are in the repository or in its pile. */
async function layTree({ bring, pile }: FleetRepository, laid: Laid): Promise<LaidTree> {
  const { trustFiles, odd, unread } = laid.tree;
  await bring(trustFiles.values());
  return {
    ...laid,
    bring,
    blob: (oid) => pile.get(oid),
    trust: new Map(Array.from(trustFiles, ([path, oid]) => [path, pile.get(oid)!])),
    warnings: passedOver(odd, unread),
  };
}

/** What is in a work tree and what git tells of it, without a repository of its own: all bytes are at hand. */
export function layFiles({ tree, warnings }: TreeSnapshot, underlay: Underlay = noUnderlay): LaidTree {
  const files = Array.from(tree, ([path, bytes]) => ({ path, bytes, oid: objectId('blob', bytes) }));
  const blobs = new Map(files.map(({ oid, bytes }) => [oid, bytes]));
  const own = runAtOnce(treeOf(files.map(({ path, oid }) => [path, oid])));
  return {
    tree: own,
    changes: runAtOnce(changesBetween(underlay.tree, own)),
    bring: async () => {},
    blob: (oid) => blobs.get(oid),
    trust: new Map([...tree].filter(([path]) => isTrustFile(path))),
    warnings,
  };
}

/** A work tree, or a folder of one, as git would commit it now; as it lies there, where git can't tell. */
export async function layDirectory(
  context: CommandContext,
  directory: string,
  repository: FleetRepository | undefined,
  underlay: Underlay = noUnderlay,
): Promise<LaidDirectory> {
  const { disk } = context;
  const here = (path: string) => {
    const { kind, isLink } = disk.stat(`${directory}/${path}`) ?? {};
    return kind === 'file' && !isLink ? disk.readFile(`${directory}/${path}`) : undefined;
  };
  const staged = repository && (await readStagedTree(context, directory, repository.pile, underlay.tree));
  if (repository === undefined || staged === undefined)
    return { ...layFiles(readWorkingTree(disk, directory), underlay), releaseBytes: here };
  const releaseBytes = (path: string) => {
    const oid = staged.tree.files.get(path);
    return oid === undefined ? undefined : (repository.pile.get(oid) ?? here(path));
  };
  return { ...(await layTree(repository, staged)), releaseBytes };
}

/** The work tree of the repository. */
export async function openDirectory(
  context: CommandContext,
  repository: FleetRepository,
  underlay?: Underlay,
): Promise<FleetRevision> {
  const laid = await layDirectory(context, repository.top, repository, underlay);
  return { ...laid, readFile: async (path) => laid.releaseBytes(path) };
}

/** A commit by any name that `commitNamed` takes; undefined when the repository does not have it. */
export async function findCommit(
  context: CommandContext,
  repository: FleetRepository,
  name: string,
  underlay: Underlay = noUnderlay,
): Promise<FleetRevision | undefined> {
  const { git } = repository;
  try {
    const oid = await commitNamed(context, repository, name);
    const changes = await fleetChanges(git, underlay.id, oid);
    const tree = runAtOnce(changedTree(underlay.tree, changes));
    return {
      ...(await layTree(repository, { id: await git.treeOf(oid), tree, changes })),
      commit: parseCommit(oid, await git.readObject(oid, 'commit')).status,
      readFile: async (path) => {
        const blob = tree.files.get(path);
        return blob === undefined ? undefined : git.readObject(blob, 'blob');
      },
    };
  } catch (error) {
    if (error instanceof SourceError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** Like `findCommit`, but a commit that is not there is the user's mistake. */
export async function openCommit(
  context: CommandContext,
  repository: FleetRepository,
  name: string,
  underlay?: Underlay,
): Promise<FleetRevision> {
  const found = await findCommit(context, repository, name, underlay);
  if (found === undefined)
    throw new CommandError(`${repository.top} has no commit ${JSON.stringify(name)}; see git log`);
  return found;
}
