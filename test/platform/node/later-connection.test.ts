import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { inputOf, outputTo } from '../../../device-agent/runtime/primitives/streams.ts';
import { LaterConnection } from '../../../platform/node/later-connection.ts';
import type { Connection } from '../../../platform/streams.ts';

function connectionOf(text: string, onClose = () => {}): Connection {
  return { input: inputOf(Buffer.from(text)), output: outputTo(() => {}), shutdown: () => {}, close: onClose };
}

test('a line that is being set is not ready; once it is, whoever waits is told', async (t) => {
  const { promise, resolve } = Promise.withResolvers<Connection>();
  const later = new LaterConnection(promise);
  const into = new Uint8Array(8);
  t.deepEqual([later.input.isReady(), later.input.read(into), later.input.hasEnded()], [false, 0, false]);
  t.is(later.output.write(Uint8Array.of(1)), 0);
  const told = new Promise<void>((done) => later.input.onReady(done));
  resolve(connectionOf('ok'));
  await told;
  t.true(later.input.isReady());
  t.is(later.input.read(into), 2);
});

test('a line that could not be set is neither read nor written', async (t) => {
  const later = new LaterConnection(Promise.reject(new Error('stty, which sets it, does not run here')));
  const told = new Promise<void>((done) => later.output.onReady(done));
  await told;
  t.true(later.input.isReady());
  t.throws(() => later.input.read(new Uint8Array(1)), { code: 'io', message: /stty/ });
  t.throws(() => later.output.write(Uint8Array.of(1)), { code: 'io' });
});

test('what was closed while it was being made is closed when it is', async (t) => {
  const { promise, resolve } = Promise.withResolvers<Connection>();
  let closed = 0;
  const later = new LaterConnection(promise);
  let isOver = false;
  const closing = Promise.resolve(later.close()).then(() => {
    isOver = true;
  });
  await setImmediate();
  t.false(isOver, 'who closes it waits for that');
  resolve(
    connectionOf('', () => {
      closed += 1;
    }),
  );
  await closing;
  t.is(closed, 1);
});
