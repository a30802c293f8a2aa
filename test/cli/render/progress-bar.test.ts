import test from 'ava';
import { ProgressBar } from '../../../cli/render/progress-bar.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';

function screen(isTerminal: boolean) {
  const written: string[] = [];
  const output = { write: (text: string) => written.push(text), isTerminal, columns: () => 30, rows: () => 50 };
  return { written, output };
}

async function whileWorking(isTerminal: boolean, workMs: number): Promise<readonly string[]> {
  const time = new SimTime(0);
  const clock = time.clock({ alive: true });
  const { written, output } = screen(isTerminal);
  const bar = new ProgressBar(output, clock);
  bar.update('matching functions', 0.5);
  await time.runUntil(workMs);
  bar[Symbol.dispose]();
  await time.runUntil(workMs + 10_000);
  return written;
}

test('a bar shows what goes on, fits the screen, moves, and is gone at the end', async (t) => {
  const written = await whileWorking(true, 3_000);
  t.true(written[0]?.startsWith('\r\x1b[K[############............]'));
  t.true(written.every((text) => text.length <= 4 + 29));
  t.true(written.length > 5);
  t.is(written.at(-1), '\r\x1b[K');
});

test('what is done at once, or goes into a file, shows no bar', async (t) => {
  t.deepEqual(await whileWorking(true, 100), []);
  t.deepEqual(await whileWorking(false, 5_000), []);
});
