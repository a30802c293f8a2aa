/** The git repository that a command works on, and what was read of it. */
import { readTogether } from '../controller/source/blob-reader.ts';
import { findGitDirectories } from '../controller/source/git-directories.ts';
import type { GitEngine } from '../controller/source/git-engine.ts';
import { lazyEngine } from '../controller/source/lazy-engine.ts';
import { preferredEngine } from '../controller/source/preferred-engine.ts';
import { programEngine } from '../controller/source/program-engine.ts';
import { Repository } from '../controller/source/repository.ts';
import { SourceError } from '../controller/source/source-error.ts';
import { standingEngine } from '../controller/source/standing-engine.ts';
import { StandingReader } from '../controller/source/standing-reader.ts';
import { BlobPile } from './blob-pile.ts';
import { type CommandContext, CommandError } from './command.ts';

/** Let go of at the end of the command. */
export interface FleetRepository extends AsyncDisposable {
  /** The directory that has it at its top. */
  readonly top: string;
  readonly git: Repository;
  readonly engine: GitEngine;
  /** Reads single objects for whoever asks. */
  readonly reader: StandingReader;
  /** What was read of it, and what of a work tree is not in it. */
  readonly pile: BlobPile;
  /** Brings blobs to the pile; what lies there is not read again. */
  readonly bring: (oids: Iterable<string>) => Promise<void>;
}

/** The nearest directory upwards that has a git repository at its top; undefined where there is none. */
export function topAbove({ disk }: Pick<CommandContext, 'disk'>, directory: string): string | undefined {
  let top = directory;
  while (disk.stat(`${top}/.git`) === undefined) {
    if (top === '' || top === '/') return undefined;
    top = top.slice(0, top.lastIndexOf('/'));
  }
  return top;
}

/** The top of the git repository that the working directory is in. Throws `CommandError`. */
export function repositoryTop(context: CommandContext): string {
  const { directory } = context;
  const top = topAbove(context, directory);
  if (top !== undefined) return top;
  throw new CommandError(`${directory} is in no git repository; go to a fleet repository, or make one: fleet init`);
}

/** Blobs that are read together: nobody waits for a turn here, and every run of a program copies what this one has in memory. */
const readAtOnce = 200_000;

/** The git program where it is installed. */
function engineFor({ programs, gitFiles, clock, openNetwork }: CommandContext, reader: StandingReader): GitEngine {
  const library = lazyEngine(async () => {
    const { libraryEngine } = await import('../controller/source/library-engine.ts');
    return libraryEngine({ fs: gitFiles, clock, network: openNetwork({}) });
  });
  return preferredEngine(standingEngine(programEngine(programs), reader), library, { write: () => {} });
}

/** The repository that a directory is in; undefined where it is in none that can be read. */
export async function findFleetRepository(
  context: CommandContext,
  directory: string,
): Promise<FleetRepository | undefined> {
  const top = topAbove(context, directory);
  if (top === undefined) return undefined;
  try {
    return await openFleetRepository(context, top);
  } catch (error) {
    if (error instanceof SourceError) return undefined;
    throw error;
  }
}

/** Opens the repository whose top is `top`. Throws `SourceError` where there is none. */
export async function openFleetRepository(context: CommandContext, top: string): Promise<FleetRepository> {
  const { own, common } = await findGitDirectories(context.gitFiles, top);
  const reader = new StandingReader(context.programs, own, context.signal);
  const engine = engineFor(context, reader);
  const git = new Repository(engine, common);
  const pile = new BlobPile();
  return {
    ...{ top, git, engine, reader, pile },
    bring: async (oids) => {
      const missing = Array.from(oids).filter((oid) => !pile.has(oid));
      await readTogether(engine, git.gitDirectory, missing, (oid, bytes) => pile.add(oid, bytes), readAtOnce);
    },
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}
