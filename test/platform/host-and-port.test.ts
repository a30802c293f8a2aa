import test from 'ava';
import { bareHost, hostAndPort } from '../../platform/host-and-port.ts';

test('an IPv6 host is in brackets where a port follows, and bare where a socket takes it', (t) => {
  t.is(hostAndPort('shore.example', 8883), 'shore.example:8883');
  t.is(hostAndPort('10.0.0.1', 8883), '10.0.0.1:8883');
  t.is(hostAndPort('::1', 8883), '[::1]:8883');
  t.is(hostAndPort('[::1]', 8883), '[::1]:8883');
  t.is(bareHost('[2001:db8::1]'), '2001:db8::1');
  t.deepEqual(['[::1]', '::1', 'shore'].map(bareHost), ['::1', '::1', 'shore']);
  t.is(bareHost('shore.example'), 'shore.example');
});
