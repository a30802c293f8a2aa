import test from 'ava';
import { Quiet } from '../../device-agent/quiet.ts';
import type { Clock } from '../../platform/ports.ts';

function handClock() {
  let nowMs = 0;
  const timers = new Set<{ readonly dueMs: number; readonly callback: () => void }>();
  const clock: Clock = {
    now: () => nowMs,
    monotonic: () => nowMs,
    sleep: () => Promise.resolve(),
    after: (delayMs, callback) => {
      const timer = { dueMs: nowMs + delayMs, callback };
      timers.add(timer);
      return { [Symbol.dispose]: () => void timers.delete(timer) };
    },
  };
  const pass = (forMs: number): void => {
    const untilMs = nowMs + forMs;
    for (;;) {
      const next = [...timers].sort((one, other) => one.dueMs - other.dueMs)[0];
      if (next === undefined || next.dueMs > untilMs) break;
      nowMs = next.dueMs;
      timers.delete(next);
      next.callback();
    }
    nowMs = untilMs;
  };
  return { clock, pass, waiting: () => timers.size };
}

test('rests once after a stretch of activity, counted from its last moment', (t) => {
  const { clock, pass, waiting } = handClock();
  let rests = 0;
  const quiet = new Quiet(clock, 1000, () => rests++);
  quiet.stir();
  pass(900);
  quiet.stir();
  pass(900);
  t.is(rests, 0);
  pass(100);
  t.is(rests, 1);
  t.is(waiting(), 0, 'it must not wake a device that does nothing');
  pass(10_000);
  t.is(rests, 1);
  quiet.stir();
  pass(1000);
  t.is(rests, 2);
});

test('a stopped one does not rest', (t) => {
  const { clock, pass, waiting } = handClock();
  const quiet = new Quiet(clock, 1000, () => t.fail());
  quiet.stir();
  quiet.stop();
  pass(5000);
  t.is(waiting(), 0);
});
