import test from 'ava';
import fc from 'fast-check';
import { expectContact, silenceOdds, withSilence } from '../../../controller/planning/contact-history.ts';
import { forecast, type Moments, sampleMax, type Waiting } from '../../../controller/planning/forecast.ts';

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

/** The odds that at least so many of them are heard so far ahead: of all that may be, each by itself. */
function oddsOf(devices: readonly Waiting[], count: number, aheadMs: number): number {
  const each = devices.map(({ silences, since }) => silenceOdds(silences, since, now)(aheadMs));
  return Array.from({ length: 2 ** each.length }, (_, which) => {
    const isHeard = (at: number) => ((which >> at) & 1) === 1;
    const heard = each.filter((_odds, at) => isHeard(at)).length;
    return heard < count ? 0 : each.reduce((product, odds, at) => product * (isHeard(at) ? odds : 1 - odds), 1);
  }).reduce((sum, odds) => sum + odds, 0);
}

/** Moments between two that are looked at, a quarter of an octave apart, lie on the line between these. */
const step = 2 ** 0.25;

test('of some devices a forecast says when it is as likely as it says that so many were heard', (t) => {
  fc.assert(
    fc.property(fc.array(device, { minLength: 1, maxLength: 6 }), fc.nat(), (devices, many) => {
      const count = 1 + (many % devices.length);
      const [{ by, surelyBy }] = forecast(devices, [count], now) as [Moments];
      return [[by, 0.5] as const, [surelyBy, 0.95] as const].every(([moment, wanted]) => {
        if (moment === undefined) return oddsOf(devices, count, 170 * dayMs) < wanted;
        const ahead = moment - now;
        const [before, after] = [ahead / step - 60_000, ahead * step + 60_000];
        return (
          oddsOf(devices, count, after) >= wanted - 1e-9 && (before <= 0 || oddsOf(devices, count, before) <= wanted)
        );
      });
    }),
    { numRuns: 200 },
  );
  t.pass();
});

test('where devices of several kinds take turns in the list, one kind does not stand for all', (t) => {
  const [weekly, hourly] = [7 * dayMs, hourMs].map((ms) =>
    Array.from({ length: 50 }, () => ms).reduce(withSilence, ''),
  );
  for (const turn of [2, 3, 4, 5, 6, 8, 10, 12]) {
    for (const count of [sampleMax + 1, 300, 3 * sampleMax, 1000, 1200, 2400]) {
      const devices = Array.from({ length: count }, (_, at) => ({
        silences: at % turn === 0 ? weekly! : hourly!,
        since: now,
      }));
      const few = 0.8 * (1 - 1 / turn);
      const [some, most] = forecast(devices, [Math.floor(few * count), Math.ceil((1 - few / turn) * count)], now);
      t.true(some!.by! - now < 2 * hourMs, `${count} in turns of ${turn}`);
      t.true(most!.by! - now > dayMs, `${count} in turns of ${turn}`);
    }
  }
});

test('a part of one device of those that stand for all counts as one: nobody is said to be heard at once', (t) => {
  const weekly = Array.from({ length: 50 }, () => 7 * dayMs).reduce(withSilence, '');
  const [first] = forecast(
    Array.from({ length: 300 }, () => ({ silences: weekly, since: now })),
    [1],
    now,
  );
  t.true(first!.by! > now + dayMs);
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
