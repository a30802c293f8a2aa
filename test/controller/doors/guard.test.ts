import test from 'ava';
import { createGuard } from '../../../controller/doors/guard.ts';
import type { Clock } from '../../../platform/ports.ts';

function stage() {
  const lines: [string, Readonly<Record<string, unknown>> | undefined][] = [];
  const timers: (() => void)[] = [];
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: () => Promise.resolve(),
    after: (_, callback) => {
      timers.push(callback);
      return { [Symbol.dispose]: () => {} };
    },
  };
  const guard = createGuard({ clock, log: { write: (_, event, fields) => lines.push([event, fields]) } });
  const minuteIsOver = () => {
    for (const callback of timers.splice(0)) callback();
  };
  return { guard, lines, minuteIsOver };
}

const full = (): never => {
  throw Object.assign(new Error('no space left'), { code: 'NO_SPACE' });
};

test('whatever goes wrong behind a door is told with its subject and code, and ends nothing', async (t) => {
  const { guard, lines } = stage();
  await guard.run('mqtt', 'buoy-1', full);
  await guard.run('http', 'GET /healthz', async () => {
    throw new RangeError('of bounds');
  });
  await guard.run('timer', 'poll', () => {
    throw 'a word';
  });
  t.deepEqual(lines, [
    ['door.failed', { door: 'mqtt', subject: 'buoy-1', code: 'NO_SPACE', error: 'no space left' }],
    ['door.failed', { door: 'http', subject: 'GET /healthz', code: 'RangeError', error: 'of bounds' }],
    ['door.failed', { door: 'timer', subject: 'poll', code: 'THROWN', error: 'a word' }],
  ]);
});

test('what fails again and again is one line, and one more that counts', async (t) => {
  const { guard, lines, minuteIsOver } = stage();
  for (let n = 0; n < 500; n += 1) await guard.run('mqtt', `buoy-${n}`, full);
  t.is(lines.length, 1);
  minuteIsOver();
  t.deepEqual(lines[1], [
    'door.failed-again',
    { door: 'mqtt', code: 'NO_SPACE', repeats: 499, lastSubject: 'buoy-499' },
  ]);
  await guard.run('mqtt', 'buoy-1', full);
  t.is(lines.length, 3, 'after that it is told anew');
  minuteIsOver();
  t.is(lines.length, 3, 'one that did not come again has no second line');
});

test('work that is right passes as if nobody watched', async (t) => {
  const { guard, lines } = stage();
  let done = 0;
  void guard.run('mqtt', 'buoy-1', () => {
    done += 1;
  });
  t.is(done, 1, 'at once');
  await guard.run('mqtt', 'buoy-1', async () => {
    await null;
    done += 1;
  });
  t.is(done, 2);
  t.deepEqual(lines, []);
});
