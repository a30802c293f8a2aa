/** A thread that does one `EngineTask` with the library; its result is an `EngineAnswer`. */
import * as fs from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { nodeClock } from '../../platform/node/clock.ts';
import { openNetwork } from '../../platform/node/network.ts';
import type { ThreadMessage } from '../../platform/ports.ts';
import { libraryEngine } from './library-engine.ts';
import { messageOf, SourceError } from './source-error.ts';
import type { EngineAnswer, EngineTask } from './thread-engine.ts';

const engine = libraryEngine({ fs, network: openNetwork(() => ({})), clock: nodeClock });
/** An abort ends the whole thread. */
const { signal } = new AbortController();

function perform(task: EngineTask): Promise<unknown> {
  switch (task.kind) {
    case 'fetch':
      return engine.fetchBranch(task.order, signal);
    case 'isAncestor':
      return engine.isAncestor(task.gitDirectory, task.ancestor, task.descendant, signal);
    case 'readBlobs':
      return engine.readBlobs(task.gitDirectory, task.oids, signal);
    case 'readObject':
      return engine.readObject(task.gitDirectory, task.oid, signal);
    case 'listTree':
      return engine.listTree(task.gitDirectory, task.tree, signal);
    case 'compareTrees':
      return engine.compareTrees(task.gitDirectory, task.from, task.to, signal);
    case 'entryAt':
      return engine.entryAt(task.gitDirectory, task.tree, task.path, signal);
    default:
      return task satisfies never;
  }
}

const post = (result: EngineAnswer): void =>
  parentPort?.postMessage({ kind: 'result', result } satisfies ThreadMessage<never, EngineAnswer>);
try {
  post({ kind: 'done', value: await perform(workerData as EngineTask) });
} catch (error) {
  const { code, subject } = error instanceof SourceError ? error : { code: 'CORRUPT' as const, subject: undefined };
  post({ kind: 'failed', code, message: messageOf(error), ...(subject === undefined ? {} : { subject }) });
}
