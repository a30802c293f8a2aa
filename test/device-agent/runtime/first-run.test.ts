import test from 'ava';
import { firstRun } from '../../../device-agent/runtime/first-run.ts';
import type { ApplicationReport } from '../../../schemas/generated/types.ts';

function newRuntime(...names: readonly string[]) {
  const report = (name: string): ApplicationReport => ({
    ...{ name, version: '1.0.0', since: '2026-11-29T00:00:00.000Z', restarts: 0 },
    state: 'starting',
  });
  const states = new Map(names.map((name) => [name, report(name)]));
  const handlers: (() => void)[] = [];
  return {
    states: () => [...states.values()],
    onChange: (handler: () => void) => void handlers.push(handler),
    enter: (name: string, state: ApplicationReport['state']) => {
      states.set(name, { ...states.get(name)!, state });
      for (const handler of handlers) handler();
    },
  };
}

/** Timers that fire when they are told to. */
function newTimers() {
  const callbacks: (() => void)[] = [];
  const after = (_delayMs: number, callback: () => void): Disposable => {
    callbacks.push(callback);
    return { [Symbol.dispose]: () => {} };
  };
  return {
    after,
    fire: () => {
      for (const callback of callbacks) callback();
    },
  };
}

/** Whether it has happened by now. */
async function happened(promise: Promise<void>): Promise<boolean> {
  return Promise.race([promise.then(() => true), Promise.resolve(false).then((no) => no)]);
}

test('what can wait for the applications waits until the last of them runs or has failed', async (t) => {
  const runtime = newRuntime('one', 'two');
  const first = firstRun(runtime, newTimers());
  runtime.enter('one', 'running');
  t.false(await happened(first));
  runtime.enter('two', 'failed');
  t.true(await happened(first));
});

test('what can wait for the applications does not wait where there are none, nor for one that never begins', async (t) => {
  t.true(await happened(firstRun(newRuntime(), newTimers())));
  const timers = newTimers();
  const first = firstRun(newRuntime('never'), timers);
  t.false(await happened(first));
  timers.fire();
  t.true(await happened(first));
});
