import test from 'ava';
import { type End, expiryStatus, expiryStatuses, stepDays, stepOf } from '../../../controller/expiry/end.ts';
import { logExpiry } from '../../../controller/expiry/expiry-log.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';

const now = Date.parse('2026-06-01T00:00:00Z');
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

function endIn(days: number, more: Partial<End> = {}): End {
  return {
    ...{ kind: 'targets', subject: 'trust/targets.json', expiresAt: now + days * dayMs },
    ...{ consequence: 'devices install nothing new', remedy: 'Renew it' },
    ...more,
  };
}

test('an end is counted down from a year to a day, and on when it is over', (t) => {
  t.is(stepOf(endIn(366), now), undefined);
  for (const [at, days] of stepDays.entries()) {
    t.is(stepOf(endIn(days), now), days);
    if (days > 0) t.is(stepOf(endIn(days + 0.01), now), stepDays[at - 1], `a bit more than ${days} days`);
  }
  t.is(stepOf(endIn(-400), now), 0);
});

test('nothing is said of what is in the first half of its life: who begins a fleet has done nothing wrong', (t) => {
  const year = { lifeMs: 365 * dayMs };
  t.deepEqual(
    [365, 181, 180, 90, -1].map((days) => stepOf(endIn(days, year), now)),
    [undefined, undefined, 180, 90, 0],
  );
  t.is(stepOf(endIn(365, { lifeMs: 5 * 365 * dayMs }), now), 365);
});

test('each severity says when, what stops and what to do', (t) => {
  const said = (days: number) => {
    const { severity, message } = expiryStatus(endIn(days), now)!;
    return `${severity}: ${message}`;
  };
  t.is(
    said(200),
    'notice: trust/targets.json expires in 200 days (2026-12-18T00:00:00.000Z); from then devices install nothing new. Renew it',
  );
  t.regex(said(30), /^warning: .* expires in 30 days/);
  t.regex(said(1.5), /^urgent: .* expires in 36 hours/);
  t.regex(said(0), /^expired: .* expired 0 hours ago .*; since then devices install nothing new/);
  t.regex(said(-3), /^expired: .* expired 3 days ago/);
});

test('what renews itself is told only when that is overdue, or it is over', (t) => {
  const renewed = endIn(5, { renewedAt: now });
  t.is(stepOf(renewed, now + 6 * hourMs - 1), undefined);
  t.is(stepOf(renewed, now + 6 * hourMs), 7);
  t.regex(expiryStatus(renewed, now + 6 * hourMs)!.message, /and should have been renewed/);
  t.is(stepOf(endIn(0.1, { renewedAt: now }), now + 0.1 * dayMs), 0);
});

test('the soonest end comes first, and a hundred are enough', (t) => {
  const ends = Array.from({ length: 150 }, (_, at) => endIn(300 - at, { subject: `trust/roles/a${at}.json` }));
  const told = expiryStatuses(ends, now);
  t.is(told.length, 100);
  t.is(told[0]?.subject, 'trust/roles/a149.json');
});

test('the log tells each step of each end once, and begins anew when it was renewed', async (t) => {
  const time = new SimTime(now);
  let expiresAt = now + 31 * dayMs;
  const lines: string[] = [];
  const log = { write: (level: string, event: string) => void lines.push(`${level} ${event}`) };
  using _told = logExpiry(() => [endIn(0, { expiresAt })], time.clock({ alive: true }), log);
  const after = async (days: number) => {
    await time.runUntil(time.now + days * dayMs);
    return lines.splice(0);
  };
  t.deepEqual(await after(0.5), ['info trust.expires']);
  t.deepEqual(await after(1), ['warn trust.expires']);
  t.deepEqual(await after(14), []);
  t.deepEqual(
    await after(31),
    Array(5)
      .fill('x')
      .map((_, at) => `${at === 0 ? 'warn' : 'error'} trust.expires`),
  );
  expiresAt = time.now + 800 * dayMs;
  t.deepEqual(await after(434), []);
  t.deepEqual(await after(2), ['info trust.expires']);
});
