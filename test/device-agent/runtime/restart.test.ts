import test from 'ava';
import fc from 'fast-check';
import { afterRun, backoffMs } from '../../../device-agent/runtime/restart.ts';

const exited = (exitCode: number) => ({ end: { kind: 'exited', exitCode }, ranMs: 10, attempt: 0 }) as const;
const trapped = { end: { kind: 'trapped', message: 'trap: unreachable', stack: [] }, ranMs: 10, attempt: 0 } as const;

test('afterRun() does what the restart policy says', (t) => {
  const kinds = (policy: 'always' | 'on-failure' | 'never') =>
    [exited(0), exited(1), trapped].map((run) => afterRun(policy, run, 0).kind);
  t.deepEqual(kinds('always'), ['restart', 'restart', 'restart']);
  t.deepEqual(kinds('on-failure'), ['completed', 'restart', 'restart']);
  t.deepEqual(kinds('never'), ['completed', 'failed', 'failed']);
});

test('afterRun() never tries again what was refused', (t) => {
  const refused = { end: { kind: 'refused', message: 'no' }, ranMs: 0, attempt: 0 } as const;
  t.deepEqual(afterRun('always', refused, 0), { kind: 'failed' });
});

test('a run of a minute begins the backoff anew', (t) => {
  t.deepEqual(afterRun('always', { ...trapped, attempt: 8 }, 0), { kind: 'restart', delayMs: 256_000, attempt: 9 });
  t.deepEqual(afterRun('always', { ...trapped, attempt: 8, ranMs: 60_000 }, 0), {
    kind: 'restart',
    delayMs: 1_000,
    attempt: 1,
  });
});

test('backoffMs() lies between half a second and five minutes, whatever the attempt', (t) => {
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, fraction) => {
      const delay = backoffMs(attempt, fraction);
      return delay >= 500 && delay <= 300_000;
    }),
  );
  t.pass();
});
