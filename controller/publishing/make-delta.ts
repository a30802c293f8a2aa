import { fileURLToPath } from 'node:url';
import type { DeltaEffort } from '../../artifact/delta/encode.ts';
import type { Threads } from '../../platform/ports.ts';

/** Two files and how hard to try. */
export interface DeltaTask {
  readonly old: Uint8Array;
  readonly fresh: Uint8Array;
  readonly effort: DeltaEffort;
  /** Only methods that a weak device decodes fast. */
  readonly light: boolean;
}

/** What is being done, and how much of the whole is done, from 0 to 1. */
export interface DeltaProgress {
  readonly step: string;
  readonly done: number;
}

const thread = fileURLToPath(new URL('delta-thread.ts', import.meta.url));

/** Makes a patch on a thread of its own. */
export function makeDelta(
  threads: Threads,
  task: DeltaTask,
  signal: AbortSignal,
  onProgress: (progress: DeltaProgress) => void = () => {},
): Promise<Uint8Array> {
  return threads.run<DeltaProgress, Uint8Array>(thread, task, onProgress, signal);
}
