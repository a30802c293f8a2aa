import test from 'ava';
import fc from 'fast-check';
import {
  expectContact,
  silenceClasses,
  silenceMsMin,
  silencesMax,
  silencesMin,
  withSilence,
} from '../../../controller/planning/contact-history.ts';

const now = Date.parse('2026-06-01T00:00:00Z');
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** From a flicker to longer than the last class begins. */
const silence = fc.integer({ min: 0, max: 400 * dayMs });
const lives = fc.array(silence, { maxLength: 200, size: 'max' });
const elapsed = fc.integer({ min: 0, max: 200 * dayMs });

function historyOf(silences: readonly number[]): string {
  return silences.reduce(withSilence, '');
}

test('whatever its life, the history of a device has at most 36 digits, each of them a count, and all together are bounded', (t) => {
  fc.assert(
    fc.property(lives, (life) => {
      const history = historyOf(life);
      const { silences } = expectContact(history, now, now);
      return new RegExp(`^[0-9A-Za-z]{0,${silenceClasses}}$`).test(history) && silences <= silencesMax;
    }),
  );
  t.pass();
});

test('a clock that was set back, and a link that flickers, make no silence', (t) => {
  fc.assert(
    fc.property(lives, fc.integer({ max: silenceMsMin - 1 }), (life, ms) => {
      const history = historyOf(life);
      return withSilence(history, ms) === history && withSilence(history, Number.NaN) === history;
    }),
  );
  t.pass();
});

test('a contact that lies in the future, since the clock was set back, is as one of now', (t) => {
  fc.assert(
    fc.property(lives, silence, (life, ms) => {
      const history = historyOf(life);
      t.deepEqual(expectContact(history, now + ms, now), expectContact(history, now, now));
    }),
  );
});

test('of a device that was silent less than four times nobody says when it will be heard', (t) => {
  fc.assert(
    fc.property(fc.array(silence, { maxLength: silencesMin - 1 }), elapsed, (life, ms) => {
      return expectContact(historyOf(life), now - ms, now).kind === 'no-basis';
    }),
  );
  t.pass();
});

test('what is expected lies ahead, the surer moment behind the other', (t) => {
  fc.assert(
    fc.property(lives, fc.integer({ min: -dayMs, max: 200 * dayMs }), (life, ms) => {
      const expectation = expectContact(historyOf(life), now - ms, now);
      if (expectation.kind !== 'expected') return true;
      const { byMs, surelyByMs = Number.POSITIVE_INFINITY } = expectation;
      return byMs >= now && surelyByMs >= byMs;
    }),
    { numRuns: 1_000 },
  );
  t.pass();
});

test('the longer a silence lasts, the later its end is expected, until it is longer than all before', (t) => {
  fc.assert(
    fc.property(lives, elapsed, elapsed, (life, one, other) => {
      const history = historyOf(life);
      const since = now - Math.max(one, other);
      const sooner = expectContact(history, since, since + Math.min(one, other));
      const later = expectContact(history, since, now);
      if (later.kind !== 'expected') return true;
      return sooner.kind === 'expected' && sooner.byMs <= later.byMs + 1;
    }),
    { numRuns: 1_000 },
  );
  t.pass();
});

test('one more silence that is longer makes what is expected no earlier, one that is shorter no later', (t) => {
  // Lengths of the last class are not told apart.
  const known = fc.integer({ min: silenceMsMin, max: 100 * dayMs });
  const few = fc.array(known, { minLength: silencesMin, maxLength: silencesMax - 1 });
  fc.assert(
    fc.property(few, known, (life, ms) => {
      const before = expectContact(historyOf(life), now, now);
      const after = expectContact(withSilence(historyOf(life), ms), now, now);
      if (before.kind !== 'expected' || after.kind !== 'expected') return true;
      const by = before.byMs - now;
      return ms > 2 * by ? after.byMs >= before.byMs : 2 * ms >= by || after.byMs <= before.byMs;
    }),
    { numRuns: 1_000 },
  );
  t.pass();
});

test('what a device did for a year is forgotten within some months of another life', (t) => {
  const daily = Array.from({ length: 365 }, () => dayMs);
  const hourly = Array.from({ length: 400 }, () => hourMs);
  const before = expectContact(historyOf(daily), now, now);
  const after = expectContact(historyOf([...daily, ...hourly]), now, now);
  t.true(before.kind === 'expected' && Math.abs(before.usualMs / dayMs - 1) < 0.3);
  t.true(after.kind === 'expected' && Math.abs(after.usualMs / hourMs - 1) < 0.3);
});

test('a ship that is in port every three days is expected after three days, almost certainly after four, and is overdue after ten', (t) => {
  const voyages = Array.from({ length: 30 }, (_, n) => (3 + (n % 3) / 4) * dayMs);
  const history = historyOf(voyages);
  const days = (ms: number): number => Math.round(((ms - now) / dayMs) * 10) / 10;
  const expectation = expectContact(history, now, now);
  t.is(expectation.kind, 'expected');
  if (expectation.kind !== 'expected') return;
  t.true(days(expectation.byMs) >= 2.8 && days(expectation.byMs) <= 4, String(days(expectation.byMs)));
  t.true(days(expectation.surelyByMs!) <= 4.1, String(days(expectation.surelyByMs!)));
  t.is(expectContact(history, now - 10 * dayMs, now).kind, 'overdue');
});
