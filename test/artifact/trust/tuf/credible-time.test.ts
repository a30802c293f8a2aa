import test from 'ava';
import { isCredible, type TrustedMetadata } from '../../../../artifact/trust/tuf/trusted.ts';

const at = Date.parse('2027-06-01T00:00:00Z');

function trusted(rootExpires: string, targetsExpires?: string): TrustedMetadata {
  const file = (expires: string) => ({ signed: { expires } });
  const targets = targetsExpires === undefined ? {} : { targets: file(targetsExpires) };
  return { root: file(rootExpires), ...targets, roles: new Map() } as unknown as TrustedMetadata;
}

test('a time that online keys signed is believed while root and targets are valid then, and not as of a clock that ran ahead', (t) => {
  const [before, after] = ['2027-05-31T23:59:59Z', '2027-06-01T00:00:01Z'];
  t.true(isCredible(trusted(after, after), at));
  t.false(isCredible(trusted(before, after), at));
  t.false(isCredible(trusted(after, before), at));
  t.false(isCredible(trusted(after, '2027-06-01T00:00:00Z'), at), 'at its very end it is over');
  t.false(isCredible(trusted(after), at), 'nothing says how long');
});
