import test from 'ava';
import { brokerForAgents } from '../../../../controller/doors/http/broker-for-agents.ts';
import { emptyAnswer } from '../../../../controller/doors/http/json-answer.ts';
import { ParcelBounds } from '../../../../controller/doors/http/parcel-route.ts';
import type { HttpResponse } from '../../../../platform/ports.ts';
import { packReport } from '../../../../schemas/brief-report.ts';
import { newsRequestBytesMax, packNewsRequest } from '../../../../schemas/news.ts';
import { device, json, nobody, stage, token } from './api-stage.ts';

test('artifacts, indexes and TUF metadata are for devices that git names and for the token', async (t) => {
  const { ask, seen } = stage();
  for (const url of [`/sha256/${'0'.repeat(64)}`, '/releases/tide/1.0.0.json', '/tuf/timestamp.json']) {
    t.deepEqual(await ask(device, 'GET', url).then(({ status: code, body }) => [code, body]), [200, url]);
    t.is((await ask(nobody, 'GET', url, { headers: token })).status, 200);
    t.like(await ask(nobody, 'GET', url), { status: 401, body: { code: 'UNAUTHORIZED' } });
    const removed = await ask({ ...device, device: 'gone' }, 'GET', url);
    t.like(removed, { status: 403, body: { code: 'DEVICE_UNKNOWN' } });
  }
  t.deepEqual([...new Set(seen)], ['refused gone DEVICE_UNKNOWN']);
});

test('a parcel is for devices that git names, and of files that can be named only', async (t) => {
  const { ask } = stage();
  const wanted = json({ has: ['1.root.json'], releases: ['tide/1.0.0'] });
  t.like(await ask(device, 'POST', '/parcel', wanted), { status: 200, body: 'tide/1.0.0' });
  t.is((await ask(nobody, 'POST', '/parcel', wanted)).status, 401);
  t.is((await ask({ ...device, device: 'gone' }, 'POST', '/parcel', wanted)).status, 403);
  t.is((await ask(device, 'GET', '/parcel')).status, 405);
  t.like(await ask(device, 'POST', '/parcel', json({ has: ['../state.db'], releases: [] })), {
    status: 400,
    body: { code: 'BAD_REQUEST' },
  });
  const unread = await ask(device, 'POST', '/parcel', json({ has: [], releases: [] }));
  t.like(unread, { status: 503, body: { code: 'UNAVAILABLE' } });
});

test('a device that asks for parcels without end is told when to ask again, and holds up no operator', async (t) => {
  const { ask } = stage();
  const wanted = json({ has: ['1.root.json'], releases: ['tide/1.0.0'] });
  for (let n = 0; n < 10; n++) t.is((await ask(device, 'POST', '/parcel', wanted)).status, 200);
  t.like(await ask(device, 'POST', '/parcel', wanted), { status: 429, headers: { 'retry-after': '10' } });
  t.is((await ask(nobody, 'POST', '/parcel', { headers: token, ...wanted })).status, 200);
});

test('a device waits for one parcel at a time, and for so many at once that nobody runs the controller out of memory', async (t) => {
  const bounds = new ParcelBounds(() => 0);
  const filled = Promise.withResolvers<void>();
  const slow = async (): Promise<HttpResponse> => {
    await filled.promise;
    return emptyAnswer();
  };
  const first = Array.from({ length: 32 }, (_, n) => bounds.fill(`buoy-${n}`, slow));
  t.is((await bounds.fill('buoy-0', slow)).status, 429);
  t.is((await bounds.fill('late', slow)).status, 503);
  filled.resolve();
  t.true((await Promise.all(first)).every(({ status }) => status === 204));
  t.is((await bounds.fill('buoy-0', slow)).status, 204);
  await t.throwsAsync(bounds.fill('late', () => Promise.reject(new Error('unread'))));
  t.is((await bounds.fill('late', slow)).status, 204, 'one that failed leaves its place');
});

test('enrolment answers with certificates, or with the code of the refusal', async (t) => {
  const { ask, seen } = stage();
  const answer = await ask(nobody, 'POST', '/enroll', json({ device: 'buoy-1', csr: 'PEM' }));
  t.deepEqual([answer.status, answer.body], [200, { certificate: 'CERT', authority: 'CA', mqtt: { port: 18883 } }]);
  t.like(await ask(nobody, 'POST', '/enroll', json({ device: 'x', csr: 'PEM' })), {
    status: 403,
    body: { code: 'DEVICE_UNKNOWN' },
  });
  t.like(await ask(nobody, 'POST', '/enroll', json({ device: 'x' })), { status: 400, body: { code: 'BAD_REQUEST' } });
  t.is((await ask(nobody, 'POST', '/enroll')).status, 400);
  t.is((await ask(nobody, 'POST', '/enroll', { body: new Uint8Array([0xff]) })).status, 400);
  t.deepEqual(seen, ['enrol buoy-1 from 10.0.0.2', 'enrol x from 10.0.0.2']);
});

test('agents are told of a broker by the port alone where its host means nothing to them', (t) => {
  const told = (url: string) => brokerForAgents(url, false);
  t.deepEqual(told('mqtts://broker.example'), { host: 'broker.example', port: 8883 });
  t.deepEqual(told('mqtts://[2001:db8::7]:8884'), { host: '2001:db8::7', port: 8884 });
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '0.0.0.0'])
    t.deepEqual(told(`mqtts://${host}:1`), { port: 1 });
  t.deepEqual(brokerForAgents('mqtts://10.0.0.2:1', true), { port: 1 });
});

test('a renewal by the key alone answers with certificate and time, and to whoever is refused the same', async (t) => {
  const { ask, seen } = stage();
  const renewal = (name: string) => json({ device: name, csr: 'PEM', challenge: 'what was asked', signature: 'by it' });
  t.like(await ask(nobody, 'POST', '/renew/challenge'), { status: 200, body: { challenge: 'what was asked' } });
  const { status: code, body } = await ask(nobody, 'POST', '/renew', renewal('buoy-1'));
  t.deepEqual([code, body], [200, { certificate: 'CERT', authority: 'CA', time: 'TIME', mqtt: { port: 18883 } }]);
  t.like(await ask(nobody, 'POST', '/renew', renewal('x')), { status: 403, body: { code: 'KEY_REFUSED' } });
  t.like(await ask(nobody, 'POST', '/renew', renewal('eager')), { status: 429, headers: { 'retry-after': '600' } });
  t.like(await ask(nobody, 'POST', '/renew', renewal('late')), { status: 429, headers: { 'retry-after': '120' } });
  for (const wrong of [
    { device: 'x' },
    { ...renewal('x'), more: 1 },
    { device: 1, csr: '', challenge: '', signature: '' },
  ])
    t.is((await ask(nobody, 'POST', '/renew', json(wrong))).status, 400);
  t.deepEqual(
    seen,
    ['buoy-1', 'x', 'eager', 'late'].map((name) => `renew ${name} from 10.0.0.2`),
  );
  const from = { address: '10.0.0.9' };
  for (let n = 0; n < 500; n += 1) await ask(from, 'POST', '/renew', renewal('x'));
  t.is((await ask(from, 'POST', '/renew', renewal('x'))).status, 429, 'one source knocks so often');
  t.is((await ask(device, 'POST', '/renew', renewal('buoy-1'))).status, 200);
});

test('more enrolments of one source than can be judged are told to come later, those of another are judged', async (t) => {
  const { ask, seen } = stage();
  const junk = json({ device: 'junk', csr: 'PEM' });
  let last = 0;
  for (let n = 0; n < 501; n += 1) last = (await ask(nobody, 'POST', '/enroll', junk)).status;
  t.is(last, 429);
  const refused = await ask({ address: '::ffff:10.0.0.2' }, 'POST', '/enroll', junk);
  t.like(refused, { status: 429, headers: { 'retry-after': '5' }, body: { code: 'TOO_MANY_REQUESTS' } });
  const honest = json({ device: 'buoy-1', csr: 'PEM' });
  t.is((await ask({ address: '10.0.0.3' }, 'POST', '/enroll', honest)).status, 200);
  t.is((await ask({ ...device, address: nobody.address }, 'POST', '/enroll', honest)).status, 200, 'a renewal');
  t.is(seen.length, 202);
});

test('only a valid certificate of the same device renews beside strangers, and not endlessly', async (t) => {
  const { ask } = stage();
  const { address } = nobody;
  for (let n = 0; n < 500; n += 1) await ask(nobody, 'POST', '/enroll', json({ device: 'junk', csr: 'PEM' }));
  const other = await ask({ ...device, address }, 'POST', '/enroll', json({ device: 'other', csr: 'PEM' }));
  t.is(other.status, 429, 'for another name it is a stranger');
  const gone = await ask(
    { ...device, device: 'gone', address },
    'POST',
    '/enroll',
    json({ device: 'gone', csr: 'PEM' }),
  );
  t.is(gone.status, 429, 'git does not name it');
  const renewals: number[] = [];
  for (let n = 0; n < 11; n += 1) {
    renewals.push(
      (await ask({ ...device, address }, 'POST', '/enroll', json({ device: 'buoy-1', csr: 'PEM' }))).status,
    );
  }
  t.deepEqual(renewals, [...Array<number>(10).fill(200), 429]);
});

test('devices that git names are enrolled behind one address however many they are, one that comes again and again is not', async (t) => {
  const { ask, seen } = stage({ isNamed: (name) => name.startsWith('buoy-') });
  const enrol = async (name: string) =>
    (await ask(nobody, 'POST', '/enroll', json({ device: name, csr: 'PEM' }))).status;
  for (let n = 0; n < 500; n += 1) t.is(await enrol(`buoy-${n}`), 200);
  let again = 0;
  while ((await enrol('buoy-1')) === 200) again += 1;
  t.is(again, 209, 'nine of its own, then those of its address');
  t.is(await enrol('buoy-600'), 429);
  t.is(seen.length, 709);
});

test('news are for the device that its certificate names, in a body that is a question, and not too often', async (t) => {
  const { ask, seen } = stage();
  const question = (knows: number) => ({ body: packNewsRequest({ knows, report: packReport({ counter: 1 }) }) });
  const answered = await ask(device, 'POST', '/news', question(7));
  t.deepEqual([answered.status, answered.body, answered.headers], [204, '', {}]);
  t.is((await ask(device, 'POST', '/news', question(8))).status, 200);
  t.deepEqual(seen.splice(0), ['news for buoy-1, which knows 7', 'news for buoy-1, which knows 8']);
  t.is((await ask(nobody, 'POST', '/news', { ...question(7), headers: token })).status, 401, 'the token is no device');
  t.is((await ask({ ...device, device: 'gone' }, 'POST', '/news', question(7))).status, 403);
  for (const body of [new Uint8Array(0), new Uint8Array(40), Buffer.alloc(newsRequestBytesMax + 1, 1)])
    t.like(await ask(device, 'POST', '/news', { body }), { status: 400, body: { code: 'BAD_REQUEST' } });
  t.like(await ask(device, 'POST', '/news', question(1)), { status: 503, body: { code: 'UNAVAILABLE' } });
  for (let more = 3; more < 20; more += 1) t.is((await ask(device, 'POST', '/news', question(7))).status, 204);
  t.like(await ask(device, 'POST', '/news', question(7)), { status: 429, headers: { 'retry-after': '60' } });
});

test('parts of batches are for the device that its certificate names, and answered once a batch is whole', async (t) => {
  const { ask, seen } = stage();
  t.is((await ask(device, 'POST', '/messages', { body: new Uint8Array(2) })).status, 204);
  t.like(await ask(device, 'POST', '/messages', { body: new Uint8Array(3) }), { status: 200, body: 'taken' });
  t.like(await ask(device, 'POST', '/messages', { body: new Uint8Array(4) }), {
    ...{ status: 429, headers: { 'retry-after': '6' }, body: { code: 'TOO_MANY_REQUESTS' } },
  });
  t.is((await ask(nobody, 'POST', '/messages', { headers: token })).status, 401);
  t.is((await ask({ ...device, device: 'gone' }, 'POST', '/messages')).status, 403);
  t.deepEqual(seen.slice(0, 2), ['part of 2 bytes from buoy-1', 'part of 3 bytes from buoy-1']);
});
