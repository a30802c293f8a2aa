import type { GitEngine } from './git-engine.ts';

/** An engine that is opened when it is first asked: to load the library takes longer than most questions to git. */
export function lazyEngine(open: () => Promise<GitEngine>): GitEngine {
  let opened: Promise<GitEngine> | undefined;
  const engine = (): Promise<GitEngine> => {
    opened ??= open();
    return opened;
  };
  return {
    fetchBranch: async (...args) => (await engine()).fetchBranch(...args),
    isAncestor: async (...args) => (await engine()).isAncestor(...args),
    readBlobs: async (...args) => (await engine()).readBlobs(...args),
    readObject: async (...args) => (await engine()).readObject(...args),
    listTree: async (...args) => (await engine()).listTree(...args),
    compareTrees: async (...args) => (await engine()).compareTrees(...args),
    entryAt: async (...args) => (await engine()).entryAt(...args),
  };
}
