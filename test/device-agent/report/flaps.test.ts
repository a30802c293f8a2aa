/** What changes again and again is seen to flap, and costs a bounded number of reports. */
import test from 'ava';
import fc from 'fast-check';
import { Flaps } from '../../../device-agent/report/flaps.ts';
import { ReportBudget } from '../../../device-agent/report/report-budget.ts';
import type { ApplicationReport, Waiting } from '../../../schemas/generated/types.ts';

const minuteMs = 60_000;
const well: ApplicationReport = { name: 'gauge', version: '1.0.0', state: 'running', since: '', restarts: 0 };

function watch() {
  const time = { nowMs: 0 };
  const flaps = new Flaps({ monotonic: () => time.nowMs });
  const see = (state: ApplicationReport['state'], exitCode?: number): ApplicationReport => {
    const report = { ...well, state, ...(exitCode === undefined ? {} : { exitCode }) };
    flaps.look([report], undefined);
    return flaps.application(report);
  };
  return { time, flaps, see };
}

test('an application that fails six times within an hour flaps, until an hour is quieter', (t) => {
  const { time, see } = watch();
  see('running');
  for (let times = 1; times <= 6; times += 1) {
    t.is(see('running').flapping, undefined, `before failure ${times}`);
    see('backoff', 1);
    time.nowMs += 8 * minuteMs;
  }
  t.true(see('running').flapping);
  time.nowMs += 11 * minuteMs;
  t.true(see('running').flapping);
  time.nowMs += 2 * minuteMs;
  t.is(see('running').flapping, undefined);
});

test('one that ends well and is started again, or fails now and then, does not flap', (t) => {
  const { time, see } = watch();
  for (let times = 0; times < 100; times += 1) {
    t.is(see('backoff', 0).flapping, undefined);
    t.is(see('running').flapping, undefined);
    time.nowMs += minuteMs;
  }
  for (let times = 0; times < 100; times += 1) {
    t.is(see('backoff', 1).flapping, undefined);
    time.nowMs += 15 * minuteMs;
    t.is(see('running').flapping, undefined);
  }
});

test('what is waited for flaps when it becomes something else again and again, and what was seen does not count', (t) => {
  const { time, flaps } = watch();
  const look = (message: string, value: number) => {
    const waiting: Waiting = { to: 'activate', code: 'WHEN', message, seen: [{ name: 'facts.speed', value }] };
    flaps.look([], waiting);
    time.nowMs += 10_000;
    return flaps.waiting(waiting)?.flapping;
  };
  for (let value = 0; value < 50; value += 1) t.is(look('speed', value), undefined);
  for (let times = 0; times < 11; times += 1) t.is(look(times % 2 === 0 ? 'in port' : 'speed', 0), undefined);
  t.true(look('speed again', 0));
});

test('however things change, no more reports travel because of it in any time than its budget has', (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom(['moment', 12, 10] as const, ['applications', 24, 5] as const),
      fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: minuteMs })), { minLength: 60, maxLength: 200 }),
      ([change, atOnce, everyMinutes], pausesMs) => {
        let nowMs = 0;
        const budget = new ReportBudget({ monotonic: () => nowMs });
        const sentMs = pausesMs.map((pauseMs) => {
          nowMs = Math.max(nowMs + pauseMs, budget.fromMs(change));
          budget.spend(change);
          return nowMs;
        });
        for (const [first, fromMs] of sentMs.entries()) {
          const hourLater = sentMs.slice(first).filter((atMs) => atMs < fromMs + 60 * minuteMs);
          t.true(hourLater.length <= atOnce + 60 / everyMinutes);
        }
      },
    ),
  );
});

test('a new phase is held back by nothing', (t) => {
  const budget = new ReportBudget({ monotonic: () => 0 });
  for (let times = 0; times < 1_000; times += 1) budget.spend('phase');
  t.true(budget.fromMs('phase') <= 0);
});
