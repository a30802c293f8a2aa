/** A fleet repository at one moment: a commit, or the files as they lie in the directory. */
import { passedOver } from '../controller/manifests/passed-over.ts';
import { BlobReader } from '../controller/source/blob-reader.ts';
import { parseCommit } from '../controller/source/commit.ts';
import { fleetChanges } from '../controller/source/fleet-files.ts';
import { libraryEngine } from '../controller/source/library-engine.ts';
import { resolveCommit } from '../controller/source/named-commit.ts';
import { preferredEngine } from '../controller/source/preferred-engine.ts';
import { programEngine } from '../controller/source/program-engine.ts';
import type { Repository } from '../controller/source/repository.ts';
import { SourceError } from '../controller/source/source-error.ts';
import type { RevisionStatus } from '../schemas/generated/types.ts';
import { type CommandContext, CommandError } from './command.ts';
import { readStagedTree } from './staged-tree.ts';
import { type Blobs, isSnapshotFile, readWorkingTree, type TreeSnapshot } from './working-tree.ts';

export interface FleetRevision extends TreeSnapshot {
  /** Absent for files that are not committed. */
  readonly commit?: RevisionStatus;
  /** Any file by its path; undefined when there is none. */
  readonly readFile: (path: string) => Promise<Uint8Array | undefined>;
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

/** The files as git would commit them now; as they lie there, where git can't tell. */
export async function openDirectory(context: CommandContext, top: string, known?: Blobs): Promise<FleetRevision> {
  const { disk } = context;
  return {
    ...((await readStagedTree(context, top, known)) ?? readWorkingTree(disk, top)),
    readFile: async (path) =>
      disk.stat(`${top}/${path}`)?.kind === 'file' ? disk.readFile(`${top}/${path}`) : undefined,
  };
}

/** Few blobs by the library, many by the git program where it is installed. */
function blobReader({ programs, gitFiles, clock, openNetwork }: CommandContext, repository: Repository): BlobReader {
  const library = libraryEngine({ fs: gitFiles, clock, network: openNetwork({}) });
  const engine = preferredEngine(programEngine(programs), library, { write: () => {} });
  return new BlobReader(engine, async () => repository);
}

/** A commit by any name that `resolveCommit` takes; undefined when the repository does not have it. `known` is not read again. */
export async function findCommit(
  context: CommandContext,
  top: string,
  name: string,
  known: Blobs = new Map(),
): Promise<FleetRevision | undefined> {
  try {
    const { repository, oid } = await resolveCommit(context.gitFiles, top, name);
    const files = new Map((await fleetChanges(repository, undefined, oid)).map((change) => [change.path, change.oid!]));
    const reader = blobReader(context, repository);
    const held = [...files].filter(([path]) => isSnapshotFile(path));
    const read = held.map(async ([, blob]) => [blob, known.get(blob) ?? (await reader.read(blob))] as const);
    const blobs = new Map(await Promise.all(read));
    const tree = new Map(held.map(([path, blob]) => [path, blobs.get(blob)!]));
    return {
      blobs,
      commit: parseCommit(oid, await repository.readObject(oid, 'commit')).status,
      tree,
      warnings: passedOver(await repository.oddEntries(oid), files.keys()),
      readFile: async (path) => {
        const blob = files.get(path);
        return blob === undefined ? undefined : repository.readObject(blob, 'blob');
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
  top: string,
  name: string,
  known?: Blobs,
): Promise<FleetRevision> {
  const found = await findCommit(context, top, name, known);
  if (found === undefined) throw new CommandError(`${top} has no commit ${JSON.stringify(name)}; see git log`);
  return found;
}
