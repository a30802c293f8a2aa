import test from 'ava';
import { runByItself } from '../../../../../device-agent/runtime/host/guest.ts';
import {
  adder,
  caller,
  echo,
  endlessStarter,
  isCounting,
  lowering,
  multiplier,
  outOfBounds,
  spinner,
  trappingStarter,
} from '../../linked-modules.ts';
import { newThread } from '../run-guest.ts';

/** A caller that runs, linked to `codec`; `lines` gives what it printed so far once the newest has it. */
function newCaller(codec: Uint8Array) {
  const linked = newThread().guest(caller, { links: { codec } });
  const alive = setInterval(() => {}, 1_000);
  const ended = linked.guest.work(runByItself).finally(() => clearInterval(alive));
  const printed = (): string => linked.printed.join('').replaceAll('stdout:', '');
  const when = async (wanted: RegExp): Promise<string> => {
    while (!wanted.test(printed())) await new Promise((resolve) => setImmediate(resolve));
    return printed();
  };
  return { ...linked, ended, when, printed };
}

test('a module that is linked is replaced while the one that calls it goes on with what it has', async (t) => {
  const { guest, relink, when, ended } = newCaller(adder);
  await when(/BP\n/);
  t.true(await relink({ codec: multiplier }));
  const printed = await when(/@\n.@\n/);
  t.true(isCounting(printed), 'its memory lives on');
  t.regex(printed, /^(.P\n)+(.@\n)+$/, 'no call is lost, and none goes back');
  t.true(guest.fuelSpent() > 0);
  t.true(await relink({ codec: adder }));
  await when(/@\n.P\n/);
  guest.stop();
  t.is(await ended, undefined);
});

test('a successor whose start waits, traps or does not end changes nothing, nor do other links', async (t) => {
  const { guest, relink, when, ended, printed } = newCaller(adder);
  await when(/BP\n/);
  const spent = guest.fuelSpent();
  for (const codec of [endlessStarter, trappingStarter, caller]) t.false(await relink({ codec }));
  t.true(guest.fuelSpent() - spent >= 10_000_000, 'what was spent in vain is paid for');
  t.false(await relink({ codec: adder, other: adder }));
  const before = printed().length;
  while (printed().length < before + 6) await new Promise((resolve) => setImmediate(resolve));
  t.regex(printed(), /^(.P\n)+$/);
  guest.stop();
  await ended;
  t.false(await relink({ codec: multiplier }), 'what has ended is not relinked');
});

test('a linked module that never returns is cut off with who called it, by the meter of both', async (t) => {
  const { guest } = newThread().guest(caller, { links: { codec: spinner }, fuel: { fuelPerRun: 20_000_000 } });
  const alive = setInterval(() => {}, 1_000);
  const end = await guest.work(runByItself);
  clearInterval(alive);
  t.is(end?.kind, 'exhausted');
  t.true(guest.fuelSpent() >= 20_000_000);
});

test('a linked module whose start traps ends the guest, and no function is named by the number of another module', async (t) => {
  const { guest } = newThread().guest(caller, { links: { codec: trappingStarter } });
  t.like(await guest.work(runByItself), { kind: 'trapped', message: 'trap: unreachable', stack: [] });
});

test('a linked module reads and writes the memory of its caller, and so does the one that takes its place', async (t) => {
  const { guest, relink, when, ended } = newCaller(lowering);
  await when(/bB\n/);
  t.true(await relink({ codec: echo }));
  t.regex(await when(/([A-Z])\1\n([A-Z])\2\n/), /^([a-z][A-Z]\n)+(([A-Z])\3\n)+$/);
  guest.stop();
  t.is(await ended, undefined);
});

test('a linked module that reads beyond the memory of its caller traps', async (t) => {
  const { ended } = newCaller(outOfBounds);
  t.like(await ended, { kind: 'trapped', message: 'trap: memory access out of bounds' });
});
