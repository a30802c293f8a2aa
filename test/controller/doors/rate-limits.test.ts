import test from 'ava';
import { RateLimits } from '../../../controller/doors/rate-limits.ts';

test('one that has used up its bucket leaves the others theirs, and gets tokens again with time', (t) => {
  let now = 0;
  const limits = new RateLimits({ perSecond: 1, burst: 2, rememberedMax: 10, monotonic: () => now });
  t.deepEqual([limits.take('a'), limits.take('a'), limits.take('a'), limits.take('b')], [true, true, false, true]);
  now = 1000;
  t.deepEqual([limits.take('a'), limits.take('a')], [true, false]);
});

test('who was asked for longest ago is forgotten first, and not one that goes on asking', (t) => {
  const limits = new RateLimits({ perSecond: 0, burst: 1, rememberedMax: 2, monotonic: () => 0 });
  t.true(limits.take('busy'));
  for (let n = 0; n < 100; n += 1) {
    t.true(limits.take(`other-${n}`));
    t.false(limits.take('busy'));
  }
  t.true(limits.take('other-0'), 'nothing of it was kept');
});
