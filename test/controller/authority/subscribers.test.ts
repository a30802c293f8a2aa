import test from 'ava';
import { authorizeSubscribers, isSubscriber } from '../../../controller/authority/subscribers.ts';

const keyFingerprint = `SHA256:${'A'.repeat(43)}=`;
const other = `SHA256:${'B'.repeat(43)}=`;

test('a subscriber is who the configuration names by its key, and a device is who git names', (t) => {
  const judge = authorizeSubscribers([{ name: 'dashboard', keyFingerprint }], (name) =>
    name === 'buoy' ? 'ok' : { code: 'DEVICE_UNKNOWN', message: name },
  );
  t.is(judge('subscriber.dashboard', keyFingerprint), 'ok');
  t.is(judge('subscriber.dashboard', keyFingerprint.slice(0, -1)), 'ok');
  t.like(judge('subscriber.dashboard', other), { code: 'SUBSCRIBER_UNKNOWN' });
  t.like(judge('subscriber.buoy', keyFingerprint), { code: 'SUBSCRIBER_UNKNOWN' });
  t.is(judge('buoy', other), 'ok');
  t.like(judge('dashboard', keyFingerprint), { code: 'DEVICE_UNKNOWN' });
  t.false(isSubscriber('subscriber'));
});
