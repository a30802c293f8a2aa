import test from 'ava';
import fc from 'fast-check';
import { expectContact, withSilence } from '../../../controller/planning/contact-history.ts';
import { forecast, sampleMax, type Waiting } from '../../../controller/planning/forecast.ts';

const now = Date.parse('2026-06-01T00:00:00Z');
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const device: fc.Arbitrary<Waiting> = fc.record({
  silences: fc
    .array(fc.integer({ min: 0, max: 60 * dayMs }), { maxLength: 60, size: 'max' })
    .map((life) => life.reduce(withSilence, '')),
  since: fc.integer({ min: now - 10 * dayMs, max: now }),
});
const waiting = fc.array(device, { minLength: 1, maxLength: 12 });

/** Undefined is later than everything; moments are given to the millisecond. */
function isNoLater(one: number | undefined, other: number | undefined): boolean {
  return (one ?? Number.POSITIVE_INFINITY) <= (other ?? Number.POSITIVE_INFINITY) + 1;
}

test('a forecast is monotone in progress: of devices that wait one is heard, and the rest is expected no later', (t) => {
  fc.assert(
    fc.property(waiting, fc.nat(), fc.nat(), (devices, which, many) => {
      const count = 1 + (many % devices.length);
      const [before] = forecast(devices, [count], now);
      const rest = devices.toSpliced(which % devices.length, 1);
      const [after] = forecast(rest, [count - 1], now);
      return isNoLater(after!.by, before!.by) && isNoLater(after!.surelyBy, before!.surelyBy);
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('more devices take no less time than fewer, what is surer no less than what is not, and nothing lies behind', (t) => {
  fc.assert(
    fc.property(waiting, (devices) => {
      const moments = forecast(
        devices,
        devices.map((_, at) => at + 1),
        now,
      );
      return moments.every(
        ({ by, surelyBy }, at) =>
          (by ?? now) >= now &&
          isNoLater(by, surelyBy) &&
          (at === 0 || (isNoLater(moments[at - 1]!.by, by) && isNoLater(moments[at - 1]!.surelyBy, surelyBy))),
      );
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('of one device a forecast says what is expected of it alone, to within a fifth', (t) => {
  fc.assert(
    fc.property(device, (one) => {
      const [moments] = forecast([one], [1], now);
      const expectation = expectContact(one.silences, one.since, now);
      if (expectation.kind !== 'expected') return moments!.by === undefined;
      if (expectation.surelyByMs === undefined && moments!.surelyBy !== undefined) return false;
      const [ahead, alone] = [moments!.by! - now, expectation.byMs - now];
      return Math.abs(ahead - alone) <= 0.2 * Math.max(alone, 60_000) + 60_000;
    }),
  );
  t.pass();
});

test('a device without a basis is never counted on', (t) => {
  const daily = Array.from({ length: 30 }, () => dayMs).reduce(withSilence, '');
  const known = { silences: daily, since: now };
  const [all, one] = forecast([known, { silences: '', since: now }], [2, 1], now);
  t.deepEqual(all, {});
  t.is(one!.by !== undefined && one!.surelyBy !== undefined, true);
  t.deepEqual(forecast([], [1], now), [{}]);
});

test('of a hundred thousand devices as many are looked at as stand for all, and say what all of them would', (t) => {
  const lives = [hourMs, 6 * hourMs, dayMs, 7 * dayMs].map((ms) =>
    Array.from({ length: 50 }, () => ms).reduce(withSilence, ''),
  );
  const devices = (count: number): Waiting[] =>
    Array.from({ length: count }, (_, at) => ({ silences: lives[Math.floor((at * 4) / count)]!, since: now }));
  const [few] = forecast(devices(sampleMax), [sampleMax / 2], now);
  const [many] = forecast(devices(100_000), [50_000], now);
  const ratio = (many!.by! - now) / (few!.by! - now);
  t.true(ratio > 0.8 && ratio < 1.25, String(ratio));
});
