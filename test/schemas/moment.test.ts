import test from 'ava';
import fc from 'fast-check';
import { momentMsOf } from '../../schemas/moment.ts';

test('a moment that the calendar has is read as it stands', (t) => {
  const moments = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
  fc.assert(fc.property(moments, (moment) => momentMsOf(moment.toISOString()) === moment.getTime()));
  t.is(momentMsOf('2026-12-01T08:00+02:00'), Date.UTC(2026, 11, 1, 6));
  t.is(momentMsOf('2024-02-29T00:00:00Z'), Date.UTC(2024, 1, 29));
});

test('a day that there is not, an hour past the last one and a time without a zone are no moments', (t) => {
  for (const text of [
    ...['2026-02-30T00:00:00Z', '2026-02-29T00:00:00Z', '2100-02-29T00:00:00Z', '2026-04-31T12:00:00Z'],
    ...['2026-13-01T00:00:00Z', '2026-00-10T00:00:00Z', '2026-03-00T00:00:00Z'],
    ...['2026-03-01T24:00:00Z', '2026-03-01T24:30:00Z', '2026-03-01T08:60:00Z', '2026-03-01T08:00:60Z'],
    ...['2026-03-01T08:00:00', '2026-03-01T08:00:00+25:00', '2026-03-01', 'tomorrow', ''],
  ])
    t.is(momentMsOf(text), undefined, text);
});

test('of the days that a month could have exactly those of the calendar begin a moment', (t) => {
  const day = fc.record({
    year: fc.integer({ min: 1, max: 9999 }),
    month: fc.nat({ max: 13 }),
    day: fc.nat({ max: 32 }),
  });
  fc.assert(
    fc.property(day, ({ year, month, day }) => {
      const text = [String(year).padStart(4, '0'), ...[month, day].map((part) => String(part).padStart(2, '0'))].join(
        '-',
      );
      const date = new Date(0);
      date.setUTCFullYear(year, month - 1, day);
      const isThere = month >= 1 && month <= 12 && date.getUTCMonth() === month - 1 && day >= 1;
      return (momentMsOf(`${text}T00:00:00Z`) !== undefined) === isThere;
    }),
  );
  t.pass();
});
