/**
 * Cuts the power after every single disk operation of a life away from the shore and the start after it, with what was not synced lost,
 * kept, or drawn for each change by itself. The device must run what it ran, tell that its power was cut, and no number of its logbook
 * may stand for two entries.
 */
import test, { type ExecutionContext } from 'ava';
import { SimRandom } from '../../platform/simulated/random.ts';
import { type Heard, hearLogbook } from '../device-agent/logbook/heard-logbook.ts';
import type { Ship } from '../device-agent/ship.ts';
import { proved } from '../device-agent/update/proved-ship.ts';
import { type Fate, keepAll, loseAll } from '../sim/disk-crash.ts';

/** What a start says after a power cut where that came while a life ended in good order, or before it could say that it lives. */
const starts = new Set(['POWER_CUT', 'MACHINE_RESTARTED', 'AGENT_ENDED']);

/** It loses its link and a process, is stopped and started again, and comes back. `onStop` is called before it is stopped. */
async function story(ship: Ship, onStop: () => void): Promise<void> {
  ship.link.set(false);
  await ship.run(310);
  ship.runtime!.endHost(ship.random);
  await ship.run(10);
  onStop();
  await ship.agent!.stop();
  if (!ship.boot()) return;
  await ship.run(10);
  ship.link.set(true);
  await ship.run(60);
}

function drawn(seed: number): Fate {
  const random = new SimRandom(seed);
  return () => random.fraction();
}

function isOneEntryEach(t: ExecutionContext, heard: readonly Heard[], where: string): void {
  const texts = new Map<string, string>();
  for (const { id, ...entry } of heard) {
    const text = JSON.stringify(entry);
    t.is(texts.get(id) ?? text, text, `${where}: ${id} is two entries`);
    texts.set(id, text);
  }
}

/** Whether the story was over before so many operations. */
async function crashAt(t: ExecutionContext, operations: number): Promise<boolean> {
  const whole = await proved();
  const heard = hearLogbook(whole);
  const before = whole.disk.operations;
  whole.disk.crashAfter(operations);
  let isSure = true;
  const onStop = (): void => {
    isSure = whole.disk.operations - before >= operations;
  };
  await story(whole, onStop).catch(() => {});
  if (whole.disk.operations - before < operations) return true;
  for (const [how, fate] of Object.entries({ lost: loseAll, kept: keepAll, drawn: drawn(operations) })) {
    const where = `power cut after operation ${operations}, ${how}`;
    const ship = whole.copyAfterCut(fate);
    const after = hearLogbook(ship, [...heard]);
    ship.link.set(false);
    t.true(ship.boot(), where);
    await ship.run(10);
    t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0'], where);
    ship.link.set(true);
    await ship.run(60);
    isOneEntryEach(t, after, where);
    const { number } = ship.report.boot!;
    const told = after.filter(({ boot, code }) => boot === number && starts.has(code));
    t.is(told.length, 1, `${where}: ${JSON.stringify(after)}`);
    if (isSure) t.is(told[0]?.code, 'POWER_CUT', where);
  }
  return false;
}

test('after a power cut at any disk operation of a life in the dark, the device runs, tells of the cut, and says nothing under two numbers', async (t) => {
  let operations = 1;
  while (!(await crashAt(t, operations))) operations += 1;
  t.log(`${operations - 1} operations, three fates each`);
  t.true(operations > 30);
});
