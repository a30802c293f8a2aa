import test from 'ava';
import { RetryPause, retryDelayMs } from '../../../device-agent/download/retry.ts';
import type { Random } from '../../../platform/ports.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';

const minuteMs = 60_000;
const draws = [0, 0.999].map((fraction) => ({ fraction: () => fraction }) as Random);
const range = (...[failures, terms]: [number, Parameters<typeof retryDelayMs>[1]]) =>
  draws.map((random) => Math.round(retryDelayMs(failures, terms, random) / 1000));

test('a server that says when to come back is asked then, within an hour, and not in step with others', (t) => {
  t.deepEqual(range(1, { isLink: false, retryAfterMs: 30_000 }), [30, 37]);
  t.deepEqual(range(20, { isLink: false, retryAfterMs: 5 * minuteMs }), [300, 375]);
  t.deepEqual(range(1, { isLink: false, retryAfterMs: 1e12 }), [3600, 4499]);
});

test('a server that says "soon" every time is believed less each time, up to a minute', (t) => {
  t.deepEqual(range(1, { isLink: false, retryAfterMs: 0 }), [1, 2]);
  t.deepEqual(range(20, { isLink: false, retryAfterMs: 0 }), [60, 75]);
});

test('one that nobody answers is tried again within half a minute for an hour, then within a quarter of an hour, one that refuses within an hour', (t) => {
  t.deepEqual(range(1, { isLink: true }), [1, 2]);
  t.deepEqual(range(100, { isLink: true }), [15, 30]);
  t.deepEqual(range(101, { isLink: true }), [450, 900]);
  t.deepEqual(range(20, { isLink: true, isOffLink: true }), [450, 900], 'neighbours are asked as seldom as ever');
  t.deepEqual(range(20, { isLink: false }), [1800, 3598]);
});

test('a pause tells whether it was over or ended early', async (t) => {
  const time = new SimTime(0);
  const pause = new RetryPause(time.clock({ alive: true }), draws[0]!);
  const { signal } = new AbortController();
  const whole = pause.wait(200, { isLink: true }, signal);
  await time.runUntil(450_000);
  t.is(await whole, 'due');
  const short = pause.wait(200, { isLink: true }, signal);
  pause.nudge();
  t.is(await short, 'early');
});
