import test from 'ava';
import type { FleetSpec } from '../../../schemas/generated/types.ts';
import { desiredFrom, fleet, harbor, problemsOf } from './fleet-fixture.ts';

const ships = (windows: FleetSpec['windows']) => ({
  ...harbor,
  'fleets/ships.yaml': fleet('ships', { kind: 'ship' }, [{ name: 'pump' }], windows === undefined ? {} : { windows }),
});

const night = { cron: '0 2 * * *', duration: '4h', timeZone: 'Europe/Oslo' };

function told(windows: FleetSpec['windows']): string[] {
  return problemsOf(ships(windows)).map(({ file, line, code, message }) => `${file}:${line} ${code} ${message}`);
}

test('the windows of a fleet stand in what its devices get, and a device without a fleet has none', (t) => {
  const { devices } = desiredFrom(ships({ fetch: [{ cron: '0 * * * *', duration: '30m' }], activate: [night] }));
  t.deepEqual(devices.get('bridge')?.template.windows, {
    fetch: [{ cron: '0 * * * *', seconds: 1800, timeZone: 'UTC' }],
    activate: [{ cron: '0 2 * * *', seconds: 14_400, timeZone: 'Europe/Oslo' }],
  });
  t.is(devices.get('spare')?.template.windows, undefined);
  const without = desiredFrom(ships(undefined)).devices.get('bridge')?.template;
  t.false('windows' in without!);
  t.not(without?.hash, devices.get('bridge')?.template.hash);
});

test('a window with a bad schedule, time zone or duration, or none in a list, is refused where it says so', (t) => {
  t.deepEqual(told({ activate: [night, { ...night, cron: '61 * * * *' }] }).length, 1);
  t.regex(told({ activate: [night, { ...night, cron: '61 * * * *' }] })[0]!, /^fleets\/ships\.yaml:\d+ BAD_SCHEDULE /);
  t.regex(told({ fetch: [{ ...night, cron: '0 0 30 2 *' }] })[0]!, /BAD_SCHEDULE .*there is no such day/);
  t.regex(
    told({ fetch: [{ ...night, timeZone: 'Europe/Osslo' }] })[0]!,
    /UNKNOWN_TIME_ZONE .*write an IANA name such as/,
  );
  t.regex(
    told({ fetch: [{ ...night, timeZone: '+02:00' }] })[0]!,
    /UNKNOWN_TIME_ZONE "\+02:00" is an offset, which knows no summer time; write an IANA name such as Europe\/Oslo, or /,
  );
  t.regex(told({ fetch: [{ ...night, duration: '4'.repeat(80) }] })[0]!, / cannot be string "4{59}…: /);
  t.regex(
    told({ fetch: [{ ...night, duration: '4 hours' }] })[0]!,
    /:\d+ BAD_VALUE spec\.windows\.fetch\[0\]\.duration/,
  );
  t.regex(told({ fetch: [{ ...night, duration: '0m' }] })[0]!, /BAD_VALUE/);
  t.regex(told({ activate: [] })[0]!, /NEVER_OPENS no device could ever activate anything; write a window, or remove/);
});
