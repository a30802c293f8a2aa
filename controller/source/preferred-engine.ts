/** The git program first, the library where it can't. */
import type { Log } from '../../platform/ports.ts';
import type { GitEngine } from './git-engine.ts';
import { ProgramUnfitError } from './program-engine.ts';

/** Asks `program`; what it can't do, `library` does and, should it fail too, says why. */
export function preferredEngine(program: GitEngine, library: GitEngine, log: Log): GitEngine {
  let told: string | undefined;
  const attempt = async <T>(what: (engine: GitEngine) => Promise<T>): Promise<T> => {
    try {
      return await what(program);
    } catch (error) {
      if (!(error instanceof ProgramUnfitError)) throw error;
      if (told !== error.message) log.write('info', 'source.git-program-unfit', { reason: error.message });
      told = error.message;
      return what(library);
    }
  };
  return {
    fetchBranch: (...args) => attempt((engine) => engine.fetchBranch(...args)),
    isAncestor: (...args) => attempt((engine) => engine.isAncestor(...args)),
    readBlobs: (...args) => attempt((engine) => engine.readBlobs(...args)),
    readObject: (...args) => attempt((engine) => engine.readObject(...args)),
    listTree: (...args) => attempt((engine) => engine.listTree(...args)),
    compareTrees: (...args) => attempt((engine) => engine.compareTrees(...args)),
    entryAt: (...args) => attempt((engine) => engine.entryAt(...args)),
  };
}
