import test from 'ava';
import { RetryPause } from '../../../controller/source/retry-pause.ts';

const away = { kind: 'unreachable', code: 'UNREACHABLE', message: 'no route' } as const;

test('the first failure is tried again at once, then pauses double up to two minutes', (t) => {
  const pause = new RetryPause();
  const pauses: number[] = [];
  for (let now = 0, failures = 0; failures < 7; failures += 1) {
    pause.note(away, now);
    let length = 0;
    while (pause.standing(now + length) !== undefined) length += 1_000;
    pauses.push(length / 1_000);
    now += length;
  }
  t.deepEqual(pauses, [0, 10, 20, 40, 80, 120, 120]);
});

test('an answer ends the pauses', (t) => {
  const pause = new RetryPause();
  for (let failure = 0; failure < 5; failure += 1) pause.note(away, 0);
  t.is(pause.standing(1), away);
  pause.note({ kind: 'unchanged', tip: 'a' }, 200_000);
  pause.note(away, 200_001);
  t.is(pause.standing(200_002), undefined);
});

test('a push leaves no more than the first pause, counted from the last failure', (t) => {
  const pause = new RetryPause();
  for (let failure = 0; failure < 5; failure += 1) pause.note(away, 1_000);
  t.is(pause.standing(80_000), away);
  pause.shorten();
  t.is(pause.standing(10_999), away);
  t.is(pause.standing(11_000), undefined);
});
