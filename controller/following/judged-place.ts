/** Where what was judged last is kept on this machine: a file that may be lost at any time. No method throws for the disk. */
import { type Disk, DiskError, type Log } from '../../platform/ports.ts';
import type { Turn } from '../../platform/turn.ts';
import type { JudgedTree } from '../manifests/stored/judged-tree.ts';
import { readJudgedFile, writeJudgedFile } from './judged-file.ts';

export interface JudgedPlace {
  /** Undefined where there is nothing that can be opened. */
  open(turn: Turn): Promise<JudgedTree | undefined>;
  /** Rejects with the reason of `signal` alone. */
  keep(judged: JudgedTree, turn: Turn, signal: AbortSignal): Promise<void>;
}

/** The place is a file; trouble with it is told once. */
export function judgedPlace(disk: Disk, path: string, log: Log): JudgedPlace {
  let isTold = false;
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      log.write(isTold ? 'debug' : 'warn', 'judged-tree.failed', { reason: error.message });
      isTold = true;
      return undefined;
    }
  };
  return {
    open: (turn) => attempt(() => readJudgedFile(disk, path, turn)),
    keep: async (judged, turn, signal) => {
      await attempt(() => writeJudgedFile(disk, { path, fresh: `${path}.new` }, judged, turn, signal));
    },
  };
}
