import test from 'ava';
import {
  afterEnd,
  connectMsMax,
  type Failures,
  noFailures,
  reconnectDelayMs,
  type SessionEnd,
} from '../../../device-agent/transport/reconnect-delay.ts';

test('whoever can be reached is not kept waiting for longer than a short contact lasts', (t) => {
  for (const end of ['unreachable', 'short', 'steady'] as const) t.is(reconnectDelayMs(end, 300, 1), 60_000);
  t.is(reconnectDelayMs('refused', 100, 1), 300_000);
});

test('the first tries follow soon, and chance keeps the devices of a site apart', (t) => {
  t.is(reconnectDelayMs('short', 1, 1), 1_000);
  t.is(reconnectDelayMs('short', 1, 0), 500);
  t.is(reconnectDelayMs('refused', 4, 1), 8_000);
});

/** The pauses of so many tries of that end, at their longest. */
function pausesMs(end: SessionEnd, count: number, before: Failures = noFailures): readonly number[] {
  let failures = before;
  return Array.from({ length: count }, () => {
    failures = afterEnd(failures, end);
    return reconnectDelayMs(end, failures[end], 1);
  });
}

test('within an hour of a contact a window of 20 s is asked for while nine of them are left, whichever try it is, later less often', (t) => {
  // Linux asks 0, 1, 3, 7 and 15 s after a try began.
  const lastAskedMs = (tryMs: number): number => (tryMs > 15_000 ? 15_000 : 7_000);
  let passedMs = 0;
  let tries = 0;
  for (const pauseMs of pausesMs('unreachable', 220)) {
    const tryMs = connectMsMax(tries++);
    const silentMs = tryMs - lastAskedMs(tryMs) + pauseMs;
    t.true(silentMs <= 11_000, `${silentMs}`);
    passedMs += tryMs + 0.75 * pauseMs;
  }
  t.true(passedMs > 50 * 60_000 && passedMs < 80 * 60_000, `${passedMs}`);
  t.is(pausesMs('unreachable', 230).at(-1), 60_000);
});

test('who was out of reach for long is not kept waiting for a handshake that was cut, only for one that fails again and again', (t) => {
  const away: Failures = { ...noFailures, unreachable: 100 };
  t.is(pausesMs('refused', 1, away)[0], 1_000);
  let failures = away;
  for (let time = 0; time < 10; time++) failures = afterEnd(afterEnd(failures, 'refused'), 'unreachable');
  t.is(pausesMs('refused', 1, failures)[0], 300_000);
  t.is(pausesMs('refused', 1, afterEnd(failures, 'steady'))[0], 1_000);
});
