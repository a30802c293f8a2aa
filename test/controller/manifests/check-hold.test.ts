import test from 'ava';
import { device, harbor, problemsOf, stateOf } from './fleet-fixture.ts';

function heldUntil(until: string) {
  return { ...harbor, 'devices/held.yaml': device('held', { kind: 'ship' }, { hold: { reason: 'refit', until } }) };
}

function faults(until: string): string[] {
  return problemsOf(heldUntil(until)).map(({ file, line, code, message }) => `${file}:${line} ${code} ${message}`);
}

test('a hold until a day that there is not is refused where it says so, with the last day of that month', (t) => {
  t.deepEqual(faults('2026-02-30T08:00:00Z'), [
    'devices/held.yaml:10 BAD_VALUE spec.hold.until is on day 30 of a month that has 28; write a day that there is, such as 2026-02-28',
  ]);
  t.deepEqual(faults('2026-04-31T08:00:00Z').length, 1);
  t.is(stateOf(heldUntil('2028-02-29T08:00:00Z')).devices.get('held')?.spec.hold?.until, '2028-02-29T08:00:00Z');
});

test('a hold until an hour that there is not, or without a zone, is told how a time is written', (t) => {
  for (const until of ['2026-03-01T24:30:00Z', '2026-03-01T08:00:00', '2026-03-01', 'tomorrow'])
    t.deepEqual(faults(until), [
      `devices/held.yaml:10 BAD_VALUE spec.hold.until cannot be string "${until}": RFC 3339 in UTC, as 2026-12-24T08:00:00Z.`,
    ]);
});
