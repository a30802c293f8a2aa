import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { applyDelta } from '../../../artifact/delta/apply.ts';
import type { EncodeJob, EncodeMessage } from '../../../artifact/delta/worker.ts';

test('A worker thread posts its progress and then the patch', async (t) => {
  const old = Uint8Array.from({ length: 4000 }, (_, at) => (at * 7) & 255);
  const fresh = old.slice(100);
  const job: EncodeJob = { old, fresh, effort: 'balanced' };
  const worker = new Worker(new URL('../../../artifact/delta/worker.ts', import.meta.url), { workerData: job });
  const messages: EncodeMessage[] = [];
  worker.on('message', (message: EncodeMessage) => messages.push(message));
  await once(worker, 'exit');
  const last = messages.at(-1);
  t.true(messages.some(({ kind }) => kind === 'progress'));
  t.is(last?.kind, 'patch');
  if (last?.kind === 'patch') t.deepEqual(Buffer.from(applyDelta(old, last.patch)), Buffer.from(fresh));
});
