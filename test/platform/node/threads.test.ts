import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { nodeThreads } from '../../../platform/node/threads.ts';

const directory = mkdtempSync(join(tmpdir(), 'fleet-threads-'));
test.after.always(() => rmSync(directory, { recursive: true, force: true }));

function program(name: string, text: string): string {
  const file = join(directory, `${name}.mjs`);
  writeFileSync(file, `import { parentPort, workerData } from 'node:worker_threads';\n${text}`);
  return file;
}

const never = new AbortController().signal;

test('a thread gets its input, tells news, and gives a result', async (t) => {
  const file = program(
    'sum',
    `parentPort.postMessage({ kind: 'news', news: 'half' });
     parentPort.postMessage({ kind: 'result', result: workerData.a + workerData.b });`,
  );
  const news: unknown[] = [];
  t.is(await nodeThreads.run(file, { a: 2, b: 3 }, (one) => news.push(one), never), 5);
  t.deepEqual(news, ['half']);
});

test('what a thread throws, and a thread that ends without a result, reach who started it', async (t) => {
  const ignore = (): void => {};
  const throws = program('throws', "throw new RangeError('too far');");
  await t.throwsAsync(nodeThreads.run(throws, 0, ignore, never), { message: 'too far' });
  await t.throwsAsync(nodeThreads.run(program('mute', ''), 0, ignore, never), { message: /without a result/ });
});

test('an endless thread ends when its signal says so', async (t) => {
  const stopping = new AbortController();
  const endless = program('endless', "parentPort.postMessage({ kind: 'news', news: 0 }); for (;;);");
  const running = nodeThreads.run(endless, 0, () => stopping.abort(new Error('stopped')), stopping.signal);
  await t.throwsAsync(running, { message: 'stopped' });
});
