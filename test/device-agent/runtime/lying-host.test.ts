/** Hosts that say what is not so, or die with what they held; their processes are in the test's hands. */
import test from 'ava';
import type { RunnableApplication } from '../../../device-agent/runtime/app-runtime.ts';
import { SupervisedRuntime } from '../../../device-agent/runtime/supervised-runtime.ts';
import type { ProcessExit } from '../../../platform/ports.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { placesIn } from './applications.ts';

function application(name: string, isolation: 'shared' | 'process'): RunnableApplication {
  const module = { sha256: 'a'.repeat(64), length: 8, modulePath: '/module' };
  return { name, version: '1', ...module, args: [], env: {}, config: {}, restart: 'always', isolation };
}

interface Hosted {
  say(message: unknown): void;
  exit(how: ProcessExit): void;
}

/** A runtime whose hosts are ready at once and carry out every order. */
function openRuntime() {
  const hosts: Hosted[] = [];
  const logged: string[] = [];
  const start = () => {
    let hear: (message: unknown) => void = () => {};
    let exited: (how: ProcessExit) => void = () => {};
    const one: Hosted = { say: (message) => hear(message), exit: (how) => exited(how) };
    hosts.push(one);
    queueMicrotask(() => one.say({ kind: 'ready' }));
    return {
      pid: hosts.length,
      send: (message: unknown) => {
        const { kind, id } = message as { readonly kind: string; readonly id: number };
        if (kind === 'apply') queueMicrotask(() => one.say({ kind: 'applied', id }));
      },
      onMessage: (handler: (message: unknown) => void) => {
        hear = handler;
      },
      onExit: (handler: (how: ProcessExit) => void) => {
        exited = handler;
      },
      kill: () => {},
    };
  };
  const runtime = new SupervisedRuntime({
    ...placesIn('/run'),
    ...{ openSecret: () => undefined, machine: {}, isLine: () => false, processes: { start } },
    prepared: { ready: async (modules) => modules.map(() => ({ kind: 'failed', message: 'nothing is kept' })) },
    clock: new SimTime(0).clock({ alive: true }),
    random: { fraction: () => 0, bytes: (length) => new Uint8Array(length) },
    log: { write: (_level, event) => void logged.push(event) },
  });
  return { runtime, hosts, logged };
}

const report = (name: string, state: string, rest: object = {}) => {
  return { name, version: '1', state, since: new Date(0).toISOString(), restarts: 0, ...rest };
};

test('a host is not believed about what runs in another one: neither its end, nor its facts, nor what it takes', async (t) => {
  const { runtime, hosts } = openRuntime();
  await runtime.apply([application('honest', 'process'), application('liar', 'process')]);
  const [honest, liar] = hosts;
  honest!.say({ kind: 'states', applications: [report('honest', 'running')] });
  const fact = { value: true, at: new Date(0).toISOString() };
  liar!.say({
    kind: 'states',
    applications: [report('honest', 'failed', { facts: { in_port: fact } }), report('liar', 'running')],
  });
  liar!.say({ kind: 'beat', usage: [{ name: 'honest', memoryBytes: 1, fuelPerSecond: 1 }] });
  const [first, second] = runtime.states();
  t.is(first?.state, 'running');
  t.is(first?.facts, undefined);
  t.is(first?.usage, undefined);
  t.is(second?.state, 'running');
});

test('nonsense is told once of each process, however much of it there is', async (t) => {
  const { runtime, hosts, logged } = openRuntime();
  await runtime.apply([application('liar', 'process')]);
  for (const nonsense of [null, 7, 'states', { kind: 'states' }, { kind: 'beat', usage: [{}] }])
    hosts[0]!.say(nonsense);
  t.is(logged.filter((event) => event === 'runtime.host.nonsense').length, 1);
});

test('what waited in a host that died, or was at work, is told as dropped, beside what the next one drops', async (t) => {
  const { runtime, hosts } = openRuntime();
  await runtime.apply([application('handler', 'process'), application('reader', 'process')]);
  const [handler, reader] = hosts;
  const events = { handled: 9, dropped: 2, waiting: 3, instances: 1 };
  handler!.say({ kind: 'states', applications: [report('handler', 'running', { events })] });
  reader!.say({ kind: 'beat', usage: [{ name: 'reader', memoryBytes: 1, fuelPerSecond: 1, waiting: 4 }] });
  for (const host of [handler!, reader!]) host.exit({ code: undefined, signal: 'SIGKILL' });
  t.deepEqual(
    runtime.states().map((one) => one.events?.dropped),
    [6, 4],
  );
});
