import test from 'ava';
import { KeptInstances } from '../../../../../device-agent/runtime/host/events/kept-instances.ts';
import { StateKeeper } from '../../../../../device-agent/runtime/host/events/state-keeper.ts';
import type {
  Captured,
  EventInput,
  KeptHandlers,
  KeptRun,
  LaunchKept,
} from '../../../../../device-agent/runtime/host/launch.ts';
import { OutputLines } from '../../../../../device-agent/runtime/host/output-lines.ts';
import { emptyInput } from '../../../../../device-agent/runtime/primitives/streams.ts';
import type { HostedApplication } from '../../../../../device-agent/runtime/protocol.ts';
import type { RunEnd } from '../../../../../device-agent/runtime/run-end.ts';

const application = { name: 'app' } as HostedApplication;
const event: EventInput = { stdin: emptyInput };
const well: RunEnd = { kind: 'exited', exitCode: 0 };
const trapped: RunEnd = { kind: 'trapped', message: 'trap', stack: [] };

const notLaunched = (): never => {
  throw new Error('a kept instance is not launched for an event');
};

const refused = { kind: 'refused', message: '' } as const;

/** Instances whose calls end when the test says so; which of them was called, and those that were started. */
function newInstances(
  onLaunch: (handlers: KeptHandlers) => void = ({ onReady }) => onReady(),
  { keeper, ...kept }: Partial<Pick<KeptRun, 'capture' | 'exportState'>> & { keeper?: StateKeeper } = {},
) {
  const called: { readonly number: number; readonly end: (end: RunEnd) => void }[] = [];
  let launched = 0;
  const keep: LaunchKept = (_application, handlers) => {
    const number = launched;
    launched += 1;
    queueMicrotask(() => onLaunch(handlers));
    const handle = () =>
      new Promise<RunEnd>((resolve) => {
        const end = (how: RunEnd): void => {
          if (how.kind !== 'exited') handlers.onEnd(how);
          resolve(how);
        };
        called.push({ number, end });
      });
    const usage = () => ({ memoryBytes: 1, fuelSpent: 10 });
    const capture = () => Promise.resolve(refused);
    const run = { handle, capture, exportState: capture, usage, stop: () => Promise.resolve() };
    return { ...run, ...kept, relink: () => Promise.resolve(true) };
  };
  const timers: (() => void)[] = [];
  const after = (_ms: number, callback: () => void) => {
    timers.push(callback);
    return { [Symbol.dispose]: () => {} };
  };
  const clock = { after };
  const lines = new OutputLines({ line: () => {} } as never);
  const instances = new KeptInstances({ keep, launch: () => notLaunched(), clock, lines, timeLimitMs: 1_000 }, keeper);
  return { instances, called, launched: () => launched, timers };
}

/** Lets everything that is resolved go on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('of several instances that trapped those count as restarted that were made anew', async (t) => {
  const { instances, called } = newInstances();
  const both = [instances.handle(application, event), instances.handle(application, event)];
  await settled();
  for (const { end } of called) end(trapped);
  await Promise.all(both);
  t.is(instances.restarts, 0);
  const next = instances.handle(application, event);
  await settled();
  called[2]!.end(well);
  await next;
  t.is(instances.restarts, 1);
});

test('an event goes to an instance that is idle, and only where there is none to a new one', async (t) => {
  const { instances, called, launched } = newInstances();
  t.is(await instances.prepare(application), undefined);
  t.is(launched(), 1);
  const [first, second] = [instances.handle(application, event), instances.handle(application, event)];
  await settled();
  t.deepEqual([called.map(({ number }) => number), launched()], [[0, 1], 2]);
  called[1]!.end(well);
  t.is(await second, well);
  const third = instances.handle(application, event);
  await settled();
  t.deepEqual([called.map(({ number }) => number), launched()], [[0, 1, 1], 2]);
  called[0]!.end(well);
  called[2]!.end(well);
  await Promise.all([first, third]);
  t.is(instances.restarts, 0);
});

test('an instance that trapped is called no more; the next event has one that is made anew, which counts', async (t) => {
  const { instances, called } = newInstances();
  const first = instances.handle(application, event);
  await settled();
  called[0]!.end(trapped);
  t.is(await first, trapped);
  t.deepEqual([instances.restarts, instances.usage()], [0, { memoryBytes: 0, fuelSpent: 10 }]);
  const second = instances.handle(application, event);
  await settled();
  called[1]!.end(well);
  await second;
  t.deepEqual([called[1]!.number, instances.restarts], [1, 1]);
});

test('an instance that ends before it can be called is a failure, whatever it says of itself', async (t) => {
  const { instances } = newInstances(({ onEnd }) => onEnd(well));
  t.like(await instances.prepare(application), { kind: 'trapped', message: 'it exited before it could be called' });
  t.like(await instances.handle(application, event), { kind: 'trapped' });
});

test('a state that is still being captured when its instance has to stop is not written, nor is the instance called amid it', async (t) => {
  const written: string[] = [];
  const shelf = {
    choose: () => ({ kind: 'none' }) as const,
    put: (kind: string) => void written.push(kind),
    clear() {},
  };
  const clock = { now: () => 0, monotonic: () => 0, after: () => ({ [Symbol.dispose]: () => {} }) };
  const keeper = new StateKeeper({ handover: 'migrate' }, { clock, shelf });
  const { promise: captured, resolve } = Promise.withResolvers<Captured>();
  const exportState = () => Promise.reject(new Error('it is called amid the capture'));
  const { instances, called, timers } = newInstances(undefined, { keeper, capture: () => captured, exportState });
  const handled = instances.handle(application, event);
  await settled();
  called[0]!.end(well);
  await handled;
  const before = timers.length;
  const stopped = instances.stop(2_000);
  await settled();
  timers[before]!();
  await stopped;
  const snapshot = { module: '', layout: {} as never, rewriter: 1, fuel: 0, memoryPages: 0, globals: {} };
  resolve({ kind: 'captured', snapshot: { ...snapshot, blocks: new Map() } });
  await settled();
  await keeper.close();
  t.deepEqual(written, []);
});
