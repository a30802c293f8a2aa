/*
The encoder as a worker thread. Started with `new Worker(url, { workerData: EncodeJob })` it posts `progress` messages
and then one `patch` or `failed`, and ends. The bytes of the patch are handed over, not copied.
*/
import { parentPort, workerData } from 'node:worker_threads';
import { type DeltaEffort, encodeDelta } from './encode.ts';
import { DeltaError, type DeltaErrorCode } from './error.ts';

/** What a worker is to encode. */
export type EncodeJob = {
  readonly old: Uint8Array;
  readonly fresh: Uint8Array;
  readonly effort: DeltaEffort;
  readonly light?: boolean;
};

/** What a worker says. */
export type EncodeMessage =
  | { readonly kind: 'progress'; readonly step: string; readonly done: number }
  | { readonly kind: 'patch'; readonly patch: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'failed'; readonly code: DeltaErrorCode; readonly message: string };

const say = (message: EncodeMessage, handedOver: readonly ArrayBuffer[] = []): void =>
  parentPort?.postMessage(message, [...handedOver]);

const run = ({ old, fresh, effort, light = false }: EncodeJob): void => {
  try {
    const progress = (step: string, done: number): void => say({ kind: 'progress', step, done });
    const patch = Uint8Array.from(encodeDelta(old, fresh, { effort, light, progress }));
    say({ kind: 'patch', patch }, [patch.buffer]);
  } catch (error) {
    if (!(error instanceof DeltaError)) throw error;
    say({ kind: 'failed', code: error.code, message: error.message });
  }
};

if (parentPort !== null) run(workerData as EncodeJob);
