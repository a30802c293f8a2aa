import test from 'ava';
import { HostProcess, type ProcessDeath } from '../../../device-agent/runtime/host-process.ts';
import type { Left } from '../../../device-agent/runtime/protocol.ts';
import type { ProcessExit } from '../../../platform/ports.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';

/** A host whose processes are in the test's hands. */
function openHost(hasFault = false) {
  const time = new SimTime(0);
  const children: { say(message: unknown): void; exit(how: ProcessExit): void; readonly sent: unknown[] }[] = [];
  const deaths: ProcessDeath[] = [];
  const lefts: Left[] = [];
  const start = () => {
    let hear: (message: unknown) => void = () => {};
    let exited: (how: ProcessExit) => void = () => {};
    const sent: unknown[] = [];
    children.push({ say: (message) => hear(message), exit: (how) => exited(how), sent });
    return {
      pid: hasFault ? 0 : children.length,
      send: (message: unknown) => void sent.push(message),
      onMessage: (handler: (message: unknown) => void) => {
        hear = handler;
      },
      onExit: (handler: (how: ProcessExit) => void) => {
        exited = handler;
        if (hasFault) handler({ code: undefined, signal: undefined, fault: 'spawn ENOMEM' });
      },
      kill: (signal: string) => exited({ code: undefined, signal }),
      note: () => 'hog',
    };
  };
  const host = new HostProcess({
    ...{ processes: { start }, clock: time.clock({ alive: true }), log: { write: () => {} } },
    random: { fraction: () => 0, bytes: (length) => new Uint8Array(length) },
    ...{ file: 'host.js', args: [], flags: [], key: 'standard' },
    ...{
      onStart: () => {},
      onStates: () => {},
      onUsage: () => {},
      onTraffic: () => {},
      onLeft: (left) => void lefts.push(left),
      onDeath: (death) => void deaths.push(death),
    },
  });
  return { time, children, deaths, lefts, host };
}

test('a host that says nothing any more is ended and started again; one that beats is not', async (t) => {
  const { time, children, deaths } = openHost();
  children[0]!.say({ kind: 'ready' });
  for (let at = 10_000; at <= 120_000; at += 10_000) {
    await time.runUntil(at);
    children[0]!.say({ kind: 'beat', usage: [] });
  }
  t.is(children.length, 1);
  await time.runUntil(170_000);
  t.deepEqual(
    deaths.map(({ ending, executing }) => [ending, executing]),
    [['hung', 'hog']],
  );
  t.is(children.length, 2);
});

test('a host that ended is told again what to run, and whoever waits is answered by the new one', async (t) => {
  const { time, children, deaths, host } = openHost();
  children[0]!.say({ kind: 'ready' });
  const applied = host.apply([]);
  children[0]!.exit({ code: undefined, signal: 'SIGABRT' });
  t.is(deaths[0]?.ending, 'crashed');
  await time.runUntil(1_000);
  children[1]!.say({ kind: 'ready' });
  t.deepEqual(children[1]!.sent, [{ kind: 'apply', id: 1, applications: [], readElsewhere: [] }]);
  children[1]!.say({ kind: 'applied', id: 1 });
  await applied;
  t.pass();
});

test('a host that cannot be started is tried ever more rarely, and nobody is held to have ended it', async (t) => {
  const { time, children, deaths } = openHost(true);
  await time.runUntil(60_000);
  t.true(children.length > 5 && children.length < 15, `${children.length} tries in a minute`);
  t.deepEqual(deaths, []);
});

test('a host that is being stopped is still heard when it says what was lost', async (t) => {
  const { children, lefts, host } = openHost();
  children[0]!.say({ kind: 'ready' });
  void host.stop();
  children[0]!.say({ kind: 'left', application: 'pump', dropped: 3 });
  children[0]!.say({ kind: 'left', application: 'pump', dropped: -1 });
  t.deepEqual(lefts, [{ kind: 'left', application: 'pump', dropped: 3 }]);
});
