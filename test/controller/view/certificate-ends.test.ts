import test from 'ava';
import { expiryStatuses } from '../../../controller/expiry/end.ts';
import { CertificateEnds } from '../../../controller/view/certificate-ends.ts';
import { View } from '../../../controller/view/view.ts';
import { nodeClock } from '../../../platform/node/clock.ts';
import { fleetOf, namedDevice, openEngine, revision } from '../engine/test-engine.ts';

const now = Date.parse('2026-06-01T12:00:00Z');
const days = (count: number) => now + count * 86_400_000;

test('certificates that devices renew in time are not told; of those that are overdue there is one line, with how many and which is next', (t) => {
  const ends = new CertificateEnds();
  for (let at = 0; at < 1000; at++) ends.note(`well-${at}`, days(31 + (at % 50)));
  t.is(ends.end(now), undefined);
  for (let at = 0; at < 12; at++) ends.note(`late-${at}`, days(20 + at / 10));
  ends.note('gone', days(-40));
  const [told, ...others] = expiryStatuses([ends.end(now)!], now);
  t.deepEqual(others, []);
  t.like(told, { kind: 'device', severity: 'warning' });
  t.regex(
    told!.message,
    /expires in 20 days .* should have been renewed; from then late-0 connects only to renew it.* 13 devices have not renewed/,
  );
  for (let at = 0; at < 12; at++) ends.note(`late-${at}`, days(90));
  t.like(expiryStatuses([ends.end(now)!], now)[0], {
    severity: 'expired',
    expiresAt: new Date(days(-40)).toISOString(),
  });
  ends.note('gone', undefined);
  t.is(ends.end(now), undefined);
});

test('what a device was given or showed is remembered over a restart, and counts while git names the device', async (t) => {
  const { engine, image, state } = await openEngine({ tellsConnections: true });
  const fleet = fleetOf([namedDevice('crane', 'SHA256:crane'), namedDevice('buoy', 'SHA256:buoy')]);
  engine.resume(revision, fleet);
  engine.tell({ kind: 'contact', device: 'crane', connected: true, certificateEndsAt: days(5) });
  await engine.ask({ kind: 'certificate', device: 'buoy', endsAt: days(80) });
  t.is(image.device('crane').certificateEndsAt, days(5));
  await engine.stop();
  const again = await openEngine({ state });
  const view = new View({
    clock: nodeClock,
    image: again.image,
    context: () => again.engine.context,
  });
  view.touch(undefined);
  await view.settled();
  t.is(view.certificates.end(now), undefined, 'nobody is named');
  again.engine.resume(revision, fleet);
  view.touch(undefined);
  await view.settled();
  t.like(view.certificates.end(now), { expiresAt: days(5) });
  view.stop();
  await again.engine.stop();
});
