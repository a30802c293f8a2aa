import test from 'ava';
import { SharedTime } from '../../../device-agent/courier/shared-time.ts';

test('what something signed shows is told once, also when the clock is past it', (t) => {
  let nowMs = 1_000;
  const told: number[] = [];
  const time = new SharedTime({ now: () => nowMs }, (signedMs) => told.push(signedMs));
  time.adopt(900);
  t.is(time.floorMs(), 900, 'whatever the clock says');
  time.raise(500);
  time.raise(500);
  time.raise(400);
  t.deepEqual(told, [500]);
  nowMs = 0;
  t.is(time.nowMs(), 900, 'a clock that is set back does not set the time back');
  time.raise(2_000);
  t.is(time.nowMs(), 2_000);
  t.deepEqual(told, [500, 2_000]);
});
