import test from 'ava';
import { Pace } from '../../../platform/node/pace.ts';

test('what goes by one name has its turn at once, and again when its time has passed; other names wait for none', async (t) => {
  let nowMs = 0;
  const slept: number[] = [];
  const pace = new Pace(1000, {
    monotonic: () => nowMs,
    sleep: async (delayMs) => {
      slept.push(delayMs);
    },
  });
  await pace.turn('/dev/ttyS0');
  await pace.turn('/dev/ttyS1');
  t.deepEqual(slept, []);
  nowMs = 400;
  await pace.turn('/dev/ttyS0');
  t.deepEqual(slept, [600]);
  await t.throwsAsync(pace.turn('/dev/ttyS0'), { message: 'it is opened more often than every 1000 ms' });
  nowMs = 5000;
  await pace.turn('/dev/ttyS0');
  t.is(slept.length, 1);
});
