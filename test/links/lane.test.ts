import test from 'ava';
import fc from 'fast-check';
import { type Lane, LaneQueue } from './lane.ts';

const lane: Lane = { delayMs: 300, lostShare: 0.25, bytesPerSecond: 1_000, queueMs: 2_000 };

test('what a lane lets through takes its time, comes in order, and never faster than the lane is', (t) => {
  const packet = fc.record({
    afterMs: fc.nat(500),
    bytes: fc.integer({ min: 1, max: 1_500 }),
    chance: fc.double({ min: 0, max: 0.99, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(packet), (packets) => {
      let chance = 0;
      const queue = new LaneQueue(lane, () => chance);
      let nowMs = 0;
      let lastMs = 0;
      for (const one of packets) {
        nowMs += one.afterMs;
        chance = one.chance;
        const arrivalMs = queue.arrivalMs(one.bytes, nowMs);
        if (arrivalMs === undefined) continue;
        t.true(one.chance >= lane.lostShare);
        t.true(arrivalMs >= nowMs + lane.delayMs + one.bytes - 1e-6);
        t.true(arrivalMs >= lastMs + one.bytes - 1e-6);
        t.true(arrivalMs <= nowMs + lane.queueMs + one.bytes + lane.delayMs + 1e-6);
        lastMs = arrivalMs;
      }
    }),
  );
});
