import test from 'ava';
import { cronTimes } from '../../../../../device-agent/cron-times.ts';
import { ScheduleSource } from '../../../../../device-agent/runtime/host/events/schedule-source.ts';

/** A clock whose wall time can be set apart from what passes. */
function newClock(start: string) {
  let nowMs = Date.parse(start);
  let passedMs = 0;
  let timer: { leftMs: number; callback: () => void } | undefined;
  return {
    set: (time: string) => {
      nowMs = Date.parse(time);
    },
    /** Passes with nobody having the time to look. */
    block: (durationMs: number) => {
      nowMs += durationMs;
      passedMs += durationMs;
      if (timer !== undefined) timer.leftMs = Math.max(1, timer.leftMs - durationMs);
    },
    pass: (durationMs: number) => {
      for (let leftMs = durationMs; leftMs > 0; ) {
        const step = Math.min(leftMs, timer?.leftMs ?? leftMs);
        leftMs -= step;
        nowMs += step;
        passedMs += step;
        if (timer !== undefined) timer.leftMs -= step;
        const due = timer;
        if (due === undefined || due.leftMs > 0) continue;
        timer = undefined;
        due.callback();
      }
    },
    clock: {
      now: () => nowMs,
      monotonic: () => passedMs,
      sleep: () => Promise.reject(new Error('nobody sleeps here')),
      after: (leftMs: number, callback: () => void) => {
        timer = { leftMs, callback };
        return { [Symbol.dispose]: () => {} };
      },
    },
  };
}

const hourMs = 3_600_000;

function open(start: string, expression: string, zone = 'UTC', queueMax = 16) {
  const time = newClock(start);
  const source = new ScheduleSource(time.clock, cronTimes(expression, zone), queueMax, () => {});
  const taken = (): string[] => {
    const times: string[] = [];
    for (let one = source.take(); one !== undefined; one = source.take()) {
      const line = new Uint8Array(64);
      times.push(new TextDecoder().decode(line.subarray(0, one.stdin.read(line))).trim());
    }
    return times;
  };
  return { ...time, source, taken };
}

test('a time that a change of the clocks leaves out or repeats comes once', (t) => {
  const spring = open('2026-03-28T12:00:00Z', '30 2 * * *', 'Europe/Oslo');
  spring.pass(48 * hourMs);
  t.is(spring.taken().length, 2);
  const autumn = open('2026-10-24T12:00:00Z', '30 2 * * *', 'Europe/Oslo');
  autumn.pass(48 * hourMs);
  t.is(autumn.taken().length, 2);
});

test('times that passed while the clock was wrong or the device off are not made up for', (t) => {
  const { pass, set, taken } = open('2026-01-01T00:00:30Z', '0 * * * *');
  set('2026-01-01T05:30:00Z');
  pass(hourMs);
  t.deepEqual(taken(), ['2026-01-01T06:00:00.000Z']);
});

test('a clock that is set back by a moment repeats nothing; set back by hours it comes by its times again', (t) => {
  const { pass, set, taken } = open('2026-01-01T04:59:00Z', '0 * * * *');
  pass(61_000);
  set('2026-01-01T04:59:59Z');
  pass(120_000);
  t.deepEqual(taken(), ['2026-01-01T05:00:00.000Z']);
  set('2026-01-01T01:59:00Z');
  pass(300_000);
  t.deepEqual(taken(), ['2026-01-01T02:00:00.000Z']);
  const often = open('2026-01-01T04:59:30Z', '* * * * *');
  often.pass(31_000);
  often.set('2026-01-01T04:58:30Z');
  often.pass(151_000);
  t.deepEqual(often.taken(), ['2026-01-01T05:00:00.000Z', '2026-01-01T05:01:00.000Z']);
});

test('a clock that was beyond all years, or decades ahead, and is set right comes by its times', (t) => {
  for (const wrong of ['+010001-01-01T00:00:00Z', '2040-01-01T00:00:00Z', '1970-01-01T00:00:00Z']) {
    const { pass, set, taken } = open(wrong, '0 0 29 2 *');
    pass(120_000);
    set('2028-02-28T23:58:00Z');
    pass(300_000);
    t.deepEqual(taken(), ['2028-02-29T00:00:00.000Z'], wrong);
  }
});

test('times that find no room are dropped and counted', (t) => {
  const { pass, source } = open('2026-01-01T00:00:30Z', '* * * * *', 'UTC', 2);
  pass(5 * 60_000);
  t.deepEqual(source.counts(), { waiting: 2, dropped: 3 });
});

test('times that pass while something keeps the thread wait, or are dropped and counted, as others do', (t) => {
  const { block, pass, taken, source } = open('2026-01-01T00:00:00.500Z', '* * * * * *', 'UTC', 4);
  block(10_000);
  pass(100);
  t.deepEqual(source.counts(), { waiting: 4, dropped: 6 });
  t.deepEqual(taken()[3], '2026-01-01T00:00:04.000Z');
  block(3_600_000);
  pass(100);
  t.is(source.counts().waiting, 4);
  t.true(source.counts().dropped < 6 + 130, 'no more than what a look may be late by');
});

test('of times that a clock jumps over, only the one that it waited for comes', (t) => {
  const { set, pass, taken } = open('2026-01-01T00:00:00.500Z', '* * * * * *');
  set('2026-01-01T00:01:00.500Z');
  pass(600);
  t.deepEqual(taken(), ['2026-01-01T00:00:01.000Z', '2026-01-01T00:01:01.000Z']);
});
