/** A thread that makes one delta: its input is a `DeltaTask`, its news is a `DeltaProgress`, its result the patch. */
import { parentPort, workerData } from 'node:worker_threads';
import { encodeDelta } from '../../artifact/delta/encode.ts';
import type { ThreadMessage } from '../../platform/ports.ts';
import type { DeltaProgress, DeltaTask } from './make-delta.ts';

const { old, fresh, effort, light } = workerData as DeltaTask;
const post = (message: ThreadMessage<DeltaProgress, Uint8Array>): void => parentPort?.postMessage(message);
const progress = (step: string, done: number): void => post({ kind: 'news', news: { step, done } });
post({ kind: 'result', result: encodeDelta(old, fresh, { effort, light, progress }) });
