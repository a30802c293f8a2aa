import test from 'ava';
import { reachableUrl } from '../../controller/announcement.ts';

test('a controller that listens everywhere is reached by the first name of its certificate, an IPv6 address too', (t) => {
  t.is(reachableUrl('https://0.0.0.0:7443', 'shore.example'), 'https://shore.example:7443');
  t.is(reachableUrl('https://[::]:7443', '2001:db8::7'), 'https://[2001:db8::7]:7443');
  t.is(reachableUrl('https://[::1]:7443', 'shore.example'), 'https://[::1]:7443');
  t.is(reachableUrl('https://127.0.0.1:7443', 'shore.example'), 'https://127.0.0.1:7443');
});
