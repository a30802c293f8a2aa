import { setImmediate as settled } from 'node:timers/promises';
import test from 'ava';
import type { Clock } from '../../platform/ports.ts';
import { Turn } from '../../platform/turn.ts';

/** A clock whose event loop goes on when it is told to. */
function steppedClock() {
  const asleep: (() => void)[] = [];
  let now = 0;
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    sleep: () => new Promise((resolve) => asleep.push(resolve)),
    after: () => ({ [Symbol.dispose]: () => {} }),
  };
  const round = async (): Promise<void> => {
    for (const wake of asleep.splice(0)) wake();
    await settled();
  };
  return {
    clock,
    round,
    passMs: (ms: number) => {
      now += ms;
    },
  };
}

test('however many pause, one of them goes on in a round of the event loop, in the order in which they paused', async (t) => {
  const { clock, round } = steppedClock();
  const wentOn: string[] = [];
  const work = async (name: string): Promise<void> => {
    const turn = new Turn(clock);
    for (let count = 1; count <= 2; count += 1) {
      await turn.pause();
      wentOn.push(`${name}${count}`);
    }
  };
  const all = [work('a'), work('b'), work('c')];
  const perRound: string[] = [];
  for (let count = 0; count < 6; count += 1) {
    await round();
    perRound.push(wentOn.splice(0).join());
  }
  t.deepEqual(perRound, ['a1', 'b1', 'c1', 'a2', 'b2', 'c2']);
  await Promise.all(all);
});

test('a turn is not over at once, and a new one begins after a pause', async (t) => {
  const { clock, round, passMs } = steppedClock();
  const turn = new Turn(clock);
  await turn.rest();
  t.false(turn.isOver());
  passMs(50);
  t.true(turn.isOver());
  const rested = turn.rest();
  await round();
  await rested;
  t.false(turn.isOver());
});
