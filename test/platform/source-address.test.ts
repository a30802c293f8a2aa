import test from 'ava';
import { sourceOf } from '../../platform/source-address.ts';

test('an IPv4 address is a source, however a socket writes it', (t) => {
  t.is(sourceOf('10.0.0.1'), '10.0.0.1');
  t.is(sourceOf('::ffff:10.0.0.1'), '10.0.0.1');
  t.not(sourceOf('10.0.0.1'), sourceOf('10.0.0.2'));
});

test('the /64 of an IPv6 address is one source, whatever its owner puts behind it', (t) => {
  t.is(sourceOf('2001:db8:0:7:1:2:3:4'), '2001:db8:0:7::/64');
  t.is(sourceOf('2001:db8:0:7::1'), sourceOf('2001:DB8:0:7:ffff:0:0:1'));
  t.is(sourceOf('2001:db8::1'), '2001:db8:0:0::/64');
  t.is(sourceOf('::1'), '0:0:0:0::/64');
  t.is(sourceOf('fe80::1%eth0'), 'fe80:0:0:0::/64');
  t.not(sourceOf('2001:db8:0:7::1'), sourceOf('2001:db8:0:8::1'));
});
