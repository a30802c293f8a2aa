/** The library on a thread of its own, for what would hold up the controller. */
import { fileURLToPath } from 'node:url';
import type { Threads } from '../../platform/ports.ts';
import type { FetchOrder, GitEngine } from './git-engine.ts';
import { messageOf, SourceError, type SourceErrorCode } from './source-error.ts';

/** What the thread is asked to do. */
export type EngineTask =
  | { readonly kind: 'fetch'; readonly order: FetchOrder }
  | {
      readonly kind: 'isAncestor';
      readonly gitDirectory: string;
      readonly ancestor: string;
      readonly descendant: string;
    }
  | { readonly kind: 'readBlobs'; readonly gitDirectory: string; readonly oids: readonly string[] }
  | { readonly kind: 'readObject'; readonly gitDirectory: string; readonly oid: string }
  | { readonly kind: 'listTree'; readonly gitDirectory: string; readonly tree: string }
  | { readonly kind: 'compareTrees'; readonly gitDirectory: string; readonly from: string; readonly to: string }
  | { readonly kind: 'entryAt'; readonly gitDirectory: string; readonly tree: string; readonly path: string };

/** What the thread answers; errors lose their class on the way. */
export type EngineAnswer =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly code: SourceErrorCode; readonly message: string; readonly subject?: string };

const thread = fileURLToPath(new URL('engine-thread.ts', import.meta.url));

/** Does each task on a thread that ends with it; an abort ends the thread. */
export function threadEngine(threads: Threads): GitEngine {
  const ask = async <T>(task: EngineTask, signal: AbortSignal): Promise<T> => {
    const answer = await threads
      .run<never, EngineAnswer>(thread, task, () => {}, signal)
      .catch((error: unknown) => {
        signal.throwIfAborted();
        const what = `the thread that reads git ended in the middle (${task.kind}): ${messageOf(error)}`;
        throw new SourceError('ENGINE_ENDED', `${what}; it is tried again at the next look`, error);
      });
    if (answer.kind === 'failed') throw new SourceError(answer.code, answer.message, undefined, answer.subject);
    return answer.value as T;
  };
  return {
    fetchBranch: (order, signal) => ask({ kind: 'fetch', order }, signal),
    isAncestor: (gitDirectory, ancestor, descendant, signal) =>
      ask({ kind: 'isAncestor', gitDirectory, ancestor, descendant }, signal),
    readBlobs: (gitDirectory, oids, signal) => ask({ kind: 'readBlobs', gitDirectory, oids }, signal),
    readObject: (gitDirectory, oid, signal) => ask({ kind: 'readObject', gitDirectory, oid }, signal),
    listTree: (gitDirectory, tree, signal) => ask({ kind: 'listTree', gitDirectory, tree }, signal),
    compareTrees: (gitDirectory, from, to, signal) => ask({ kind: 'compareTrees', gitDirectory, from, to }, signal),
    entryAt: (gitDirectory, tree, path, signal) => ask({ kind: 'entryAt', gitDirectory, tree, path }, signal),
  };
}
