/** A fleet repository at one moment: a commit, or the files as they lie in the directory. */
import { passedOver } from '../controller/manifests/passed-over.ts';
import { readTogether } from '../controller/source/blob-reader.ts';
import { parseCommit } from '../controller/source/commit.ts';
import { fleetChanges } from '../controller/source/fleet-files.ts';
import type { GitEngine } from '../controller/source/git-engine.ts';
import { libraryEngine } from '../controller/source/library-engine.ts';
import { type NamedCommit, resolveCommit } from '../controller/source/named-commit.ts';
import { preferredEngine } from '../controller/source/preferred-engine.ts';
import { programEngine } from '../controller/source/program-engine.ts';
import type { Repository } from '../controller/source/repository.ts';
import { SourceError } from '../controller/source/source-error.ts';
import type { RevisionStatus } from '../schemas/generated/types.ts';
import { BlobPile, BlobTree } from './blob-pile.ts';
import { type CommandContext, CommandError } from './command.ts';
import { readStagedTree } from './staged-tree.ts';
import { isSnapshotFile, readWorkingTree, type TreeSnapshot } from './working-tree.ts';

export interface FleetRevision extends TreeSnapshot {
  /** Absent for files that are not committed. */
  readonly commit?: RevisionStatus;
  /** Any file by its path; undefined when there is none. */
  readonly readFile: (path: string) => Promise<Uint8Array | undefined>;
  /** Of a commit: where it was read, all its files, and what was read of them. */
  readonly listed?: {
    readonly repository: Repository;
    readonly files: ReadonlyMap<string, string>;
    readonly pile: BlobPile;
  };
}

/** The top of the git repository that the working directory is in. Throws `CommandError`. */
export function repositoryTop({ disk, directory }: CommandContext): string {
  let top = directory;
  while (disk.stat(`${top}/.git`) === undefined) {
    if (top === '' || top === '/') {
      throw new CommandError(`${directory} is in no git repository; go to a fleet repository, or make one: fleet init`);
    }
    top = top.slice(0, top.lastIndexOf('/'));
  }
  return top;
}

/** The files as git would commit them now; as they lie there, where git can't tell. `base` is another one of the same repository. */
export async function openDirectory(
  context: CommandContext,
  top: string,
  base?: FleetRevision,
): Promise<FleetRevision> {
  const { disk } = context;
  return {
    ...((await readStagedTree(context, top, base?.listed?.pile)) ?? readWorkingTree(disk, top)),
    readFile: async (path) =>
      disk.stat(`${top}/${path}`)?.kind === 'file' ? disk.readFile(`${top}/${path}`) : undefined,
  };
}

/** The git program where it is installed, where there is much to read. */
function engineFor({ programs, gitFiles, clock, openNetwork }: CommandContext): GitEngine {
  const library = libraryEngine({ fs: gitFiles, clock, network: openNetwork({}) });
  return preferredEngine(programEngine(programs), library, { write: () => {} });
}

/** All files of a commit, from those of another one of the same repository where there is one: equal folders are not looked at. */
async function filesOf({ repository, oid }: NamedCommit, base: FleetRevision | undefined) {
  const known = base?.listed?.repository === repository ? base : undefined;
  const files = new Map(known?.listed?.files);
  for (const change of await fleetChanges(repository, known?.commit?.id, oid)) {
    if (change.oid === undefined) files.delete(change.path);
    else files.set(change.path, change.oid);
  }
  return files;
}

/** A commit by any name that `resolveCommit` takes; undefined when the repository does not have it. What `base` has is not read again. */
export async function findCommit(
  context: CommandContext,
  top: string,
  name: string,
  base?: FleetRevision,
): Promise<FleetRevision | undefined> {
  try {
    const named = await resolveCommit(context.gitFiles, top, name, base?.listed?.repository);
    const { repository, oid } = named;
    const files = await filesOf(named, base);
    const pile = base?.listed?.pile ?? new BlobPile();
    const held = new Map([...files].filter(([path]) => isSnapshotFile(path)));
    const missing = new Set([...held.values()].filter((blob) => !pile.has(blob)));
    await readTogether(engineFor(context), repository, [...missing], (blob, bytes) => pile.add(blob, bytes));
    return {
      commit: parseCommit(oid, await repository.readObject(oid, 'commit')).status,
      tree: new BlobTree(held, pile),
      warnings: passedOver(await repository.oddEntries(oid), files.keys()),
      readFile: async (path) => {
        const blob = files.get(path);
        return blob === undefined ? undefined : repository.readObject(blob, 'blob');
      },
      listed: { repository, files, pile },
    };
  } catch (error) {
    if (error instanceof SourceError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** Like `findCommit`, but a commit that is not there is the user's mistake. */
export async function openCommit(
  context: CommandContext,
  top: string,
  name: string,
  base?: FleetRevision,
): Promise<FleetRevision> {
  const found = await findCommit(context, top, name, base);
  if (found === undefined) throw new CommandError(`${top} has no commit ${JSON.stringify(name)}; see git log`);
  return found;
}
