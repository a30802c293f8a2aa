import { Worker } from 'node:worker_threads';
import { type DeltaEffort, encodeDelta } from '../../artifact/delta/encode.ts';
import type { EncodeJob, EncodeMessage } from '../../artifact/delta/worker.ts';

/** Makes a patch from one module to another. Rejects when it can't, or when `signal` aborts. */
export type MakeDelta = (old: Uint8Array, fresh: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>;

/** Above this many bytes of both modules together the encoder takes minutes at its usual effort. */
const balancedBytesMax = 64 * 1024 * 1024;

/** Of the encoder's own memory; a module of 14 MB takes under one gigabyte. */
const heapMegabytesMax = 2048;

function effortFor(old: Uint8Array, fresh: Uint8Array): DeltaEffort {
  return old.length + fresh.length <= balancedBytesMax ? 'balanced' : 'fast';
}

/** In a thread of its own, which ends with the patch: the event loop stays free, and a stop waits for nothing. */
export const deltaInWorker: MakeDelta = (old, fresh, signal) =>
  new Promise((resolve, reject) => {
    const workerData: EncodeJob = { old, fresh, effort: effortFor(old, fresh) };
    const resourceLimits = { maxOldGenerationSizeMb: heapMegabytesMax };
    const program = new URL('../../artifact/delta/worker.ts', import.meta.url);
    const worker = new Worker(program, { workerData, resourceLimits });
    const stop = (): void => void worker.terminate();
    signal.addEventListener('abort', stop, { once: true });
    worker.on('message', (message: EncodeMessage) => {
      if (message.kind === 'patch') resolve(message.patch);
      if (message.kind === 'failed') reject(new Error(`${message.code}: ${message.message}`));
    });
    worker.once('error', reject);
    worker.once('exit', () => {
      signal.removeEventListener('abort', stop);
      reject(signal.aborted ? signal.reason : new Error('the delta encoder ended without a patch'));
    });
  });

/** At once: for runs that must be the same every time. */
export const deltaAtOnce: MakeDelta = async (old, fresh) => encodeDelta(old, fresh, { effort: effortFor(old, fresh) });
