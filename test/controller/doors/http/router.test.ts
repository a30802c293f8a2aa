import { createHmac } from 'node:crypto';
import test from 'ava';
import { type Caller, installation, type NotLetIn, type WhoAsks } from '../../../../controller/access/caller.ts';
import { Tokens } from '../../../../controller/access/tokens.ts';
import { callerLimits } from '../../../../controller/doors/http/admit.ts';
import { brokerForAgents } from '../../../../controller/doors/http/broker-for-agents.ts';
import { byInstallationToken } from '../../../../controller/doors/http/credentials.ts';
import { enrolmentLimits } from '../../../../controller/doors/http/enrolment-limits.ts';
import { emptyAnswer, jsonAnswer } from '../../../../controller/doors/http/json-answer.ts';
import { newsLimits } from '../../../../controller/doors/http/news-route.ts';
import { ParcelBounds } from '../../../../controller/doors/http/parcel-route.ts';
import { type ApiParts, bodyBytesMax, createApi, urlCharactersMax } from '../../../../controller/doors/http/router.ts';
import { NothingThere } from '../../../../controller/view/selection.ts';
import { nodeClock } from '../../../../platform/node/clock.ts';
import { nodeRandom } from '../../../../platform/node/random.ts';
import type { HttpRequest, HttpResponse, Peer } from '../../../../platform/ports.ts';
import { packReport } from '../../../../schemas/brief-report.ts';
import type { StatusDocument } from '../../../../schemas/generated/types.ts';
import { newsRequestBytesMax, packNewsRequest } from '../../../../schemas/news.ts';

const status = { apiVersion: 'fleet/v1alpha1', kind: 'Status' } as StatusDocument;
const device: Peer = { address: '10.0.0.1', device: 'buoy-1', keyFingerprint: 'SHA256:key' };
const nobody: Peer = { address: '10.0.0.2' };
const token = { authorization: 'Bearer the-token' };

interface StageOptions {
  readonly hook?: boolean;
  readonly isNamed?: (name: string) => boolean;
  readonly whoAsks?: WhoAsks;
  readonly callerLimits?: NonNullable<ApiParts['callerLimits']>;
  readonly recorder?: NonNullable<ApiParts['recorder']>;
}

function stage({ hook = true, isNamed = (name) => name === 'buoy-1', ...options }: StageOptions = {}) {
  const seen: string[] = [];
  const parts: ApiParts = {
    requests: {
      ...{ placeOf: () => undefined, requestOf: async () => ({}) },
      ...{ askDevice: async () => undefined, withdrawRequest: async () => undefined },
    },
    artifacts: async (request) => ({
      status: 200,
      headers: { 'content-type': 'application/octet-stream' },
      body: (async function* () {
        yield new TextEncoder().encode(request.url);
      })(),
    }),
    fillParcel: async ({ releases }) => (releases.length === 0 ? undefined : new TextEncoder().encode(releases.join())),
    news: async (name, { knows }) => {
      seen.push(`news for ${name}, which knows ${knows}`);
      return knows === 1 ? undefined : { report: 'taken', ...(knows === 7 ? {} : { desired: { sequence: 2 } }) };
    },
    newsLimits: newsLimits(() => 0),
    parcelBounds: new ParcelBounds(() => 0),
    messages: async (name, part) => {
      seen.push(`part of ${part.length} bytes from ${name}`);
      if (part.length > 3) return { kind: 'too-many', seconds: 6 };
      return { kind: 'heard', ...(part.length > 2 && { answer: new TextEncoder().encode('taken') }) };
    },
    inView: async () => jsonAnswer(200, status) as never,
    changes: {
      changeId: 7,
      changesSince: () => [],
      listen: () => ({ [Symbol.dispose]: () => {} }),
      row: () => undefined,
    },
    clock: nodeClock,
    acceptRevision: async (name) => ({ kind: 'not-held', message: `not ${name}` }),
    makeBundle: async ({ site, device: one, days, who }) => {
      if (site === 'nowhere') throw new NothingThere('there is no site nowhere');
      if (site === 'away') return undefined;
      if (site === 'berth') return { code: 'NOTHING_OFFERED', message: 'nothing' };
      return { lease: [site ?? one, days, who].join(' '), texts: {}, left: [] };
    },
    noteBundle: async (lease) => lease === '0'.repeat(64),
    takeReceipt: async ({ receipt, who }) =>
      who === 'mallory'
        ? { kind: 'refused', code: 'RECEIPT_FORGED', message: 'no' }
        : { kind: 'taken', device: receipt.payload, madeAt: who },
    takeMessages: async ({ messages, who }) =>
      who === 'mallory'
        ? { kind: 'refused', code: 'RECEIPT_FORGED', message: 'no' }
        : { kind: 'taken', device: messages.device, application: 'gauge', channel: who, messages: 3 },
    actOnRollout: async ({ fleet, act, who, why, wave, revert }) => {
      if (fleet === 'trucks') return { code: 'NO_ROLLOUT', message: 'at once' };
      if (act === 'resume') return { code: 'ACT_REFUSED', message: 'it is running' };
      seen.push([fleet, act, who, why, wave, revert].join(' '));
      return undefined;
    },
    enrol: async (request, address) => {
      seen.push(`enrol ${request.device} from ${address}`);
      if (!isNamed(request.device)) return { kind: 'refused', code: 'DEVICE_UNKNOWN', message: 'no' };
      return { kind: 'enrolled', certificate: 'CERT', authority: 'CA' };
    },
    makeChallenge: () => 'what was asked',
    renew: async ({ device: name }, address) => {
      seen.push(`renew ${name} from ${address}`);
      if (name === 'eager') return { kind: 'too-many' };
      if (name === 'late') return { kind: 'full' };
      if (!isNamed(name)) return { kind: 'refused' };
      return { kind: 'renewed', certificate: 'CERT', authority: 'CA', time: 'TIME' };
    },
    brokerForAgents: () => brokerForAgents('mqtts://0.0.0.0:18883', true),
    notifyPush: () => seen.push('push'),
    authorize: (name) => (name === 'buoy-1' ? 'ok' : { code: 'DEVICE_UNKNOWN', message: name }),
    onRefusal: ({ code, device: name }) => seen.push(`refused ${name} ${code}`),
    readiness: () => ({ faults: {} }),
    ...{ tokens: new Tokens([], { now: () => 0, keep: async () => {}, note: () => {} }), random: nodeRandom },
    readAudit: async () => ({ first: 1, last: 0, entries: [] }),
    readMetrics: () => [{ name: 'fleet_seen', kind: 'gauge', help: 'Seen.', samples: [{ value: 1 }] }],
    whoAsks: options.whoAsks ?? byInstallationToken('the-token'),
    enrolments: enrolmentLimits(() => 0),
    ...(options.recorder && { recorder: options.recorder }),
    ...(options.callerLimits && { callerLimits: options.callerLimits }),
    ...(hook ? { webhookSecret: 'a-secret-of-the-hook' } : {}),
  };
  const api = createApi(parts);
  const ask = async (peer: Peer, method: HttpRequest['method'], url: string, rest: Partial<HttpRequest> = {}) => {
    const answer = await api({ method, url, headers: {}, ...rest }, peer, new AbortController().signal);
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer.body) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const isJson = answer.headers['content-type'] === 'application/json';
    return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text };
  };
  return { ask, seen };
}

const json = (value: unknown) => ({ body: new TextEncoder().encode(JSON.stringify(value)) });

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

test('a bundle is made for the token alone, of an order that says for whom, for how long and who asks', async (t) => {
  const { ask } = stage();
  const order = (value: object) => ask(nobody, 'POST', '/api/v1/bundles', { headers: token, ...json(value) });
  const terms = { days: 30, who: 'ada' };
  t.like(await order({ ...terms, site: 'aurora' }), { status: 200, body: { lease: 'aurora 30 ada' } });
  t.like(await order({ ...terms, device: 'anna' }), { status: 200, body: { lease: 'anna 30 ada' } });
  t.like(await order({ ...terms, site: 'berth' }), { status: 409, body: { code: 'NOTHING_OFFERED' } });
  t.like(await order({ ...terms, site: 'nowhere' }), { status: 404, body: { code: 'NOTHING_THERE' } });
  t.like(await order({ ...terms, site: 'away' }), { status: 503 });
  for (const wrong of [
    terms,
    { ...terms, site: 'a', device: 'b' },
    { site: 'a', who: 'ada', days: 91 },
    { site: 'a', days: 3 },
  ])
    t.is((await order(wrong)).status, 400);
  t.is((await ask(device, 'POST', '/api/v1/bundles', json({ ...terms, site: 'aurora' }))).status, 401);
});

test('a bundle is put on record for the token alone, once its file is written, and only one that was ordered here', async (t) => {
  const { ask } = stage();
  const note = (value: object) => ask(nobody, 'POST', '/api/v1/bundles/written', { headers: token, ...json(value) });
  t.like(await note({ lease: '0'.repeat(64) }), { status: 200, body: { recorded: true } });
  t.like(await note({ lease: '1'.repeat(64) }), { status: 409, body: { code: 'BUNDLE_NOT_ORDERED' } });
  for (const lease of ['0', undefined, 7]) t.is((await note({ lease })).status, 400);
  t.is((await ask(device, 'POST', '/api/v1/bundles/written', json({ lease: '0'.repeat(64) }))).status, 401);
});

test('a receipt is taken for the token alone, and refused in the words of who looked at it', async (t) => {
  const { ask } = stage();
  const receipt = { apiVersion: 'fleet/v1alpha1', kind: 'Receipt', publicKey: 'a', payload: 'b', signature: 'c' };
  const bring = (value: object) => ask(nobody, 'POST', '/api/v1/receipts', { headers: token, ...json(value) });
  t.like(await bring({ receipt, who: 'ada' }), { status: 200, body: { device: 'b', madeAt: 'ada' } });
  t.like(await bring({ receipt, who: 'mallory' }), { status: 409, body: { code: 'RECEIPT_FORGED' } });
  t.is((await bring({ receipt: { ...receipt, payload: 'x'.repeat(20_000) }, who: 'ada' })).status, 400);
  t.is((await ask(device, 'POST', '/api/v1/receipts', json({ receipt, who: 'ada' }))).status, 401);
});

test('messages that were carried are for the token alone, which alone may send so much', async (t) => {
  const { ask } = stage();
  const path = '/api/v1/receipts/messages';
  const signed = { publicKey: 'a', signature: 'c', device: 'anna', at: '2026-03-10T00:00:00Z' };
  const messages = { apiVersion: 'fleet/v1alpha1', kind: 'CarriedMessages', ...signed, batch: 'x'.repeat(440_000) };
  const bring = (value: object) => ask(nobody, 'POST', path, { headers: token, ...json(value) });
  t.like(await bring({ messages, who: 'ada' }), { status: 200, body: { device: 'anna', channel: 'ada', messages: 3 } });
  t.like(await bring({ messages, who: 'mallory' }), { status: 409, body: { code: 'RECEIPT_FORGED' } });
  t.is((await bring({ messages: { ...messages, batch: undefined }, who: 'ada' })).status, 400);
  t.is((await ask(device, 'POST', path, json({ messages, who: 'ada' }))).status, 413);
  t.is((await ask(device, 'POST', path, json({ messages: { ...messages, batch: 'x' }, who: 'ada' }))).status, 401);
  const elsewhere = { headers: token, body: new Uint8Array(bodyBytesMax + 1) };
  t.is((await ask(nobody, 'POST', '/api/v1/receipts', elsewhere)).status, 413);
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

test('status is for the token only, whatever certificate comes with the request', async (t) => {
  const { ask } = stage();
  t.deepEqual((await ask(nobody, 'GET', '/api/v1/status', { headers: token })).body, status);
  for (const authorization of ['Bearer the-toke', 'Bearer the-token2', 'Bearer ', 'Basic the-token', 'the-token']) {
    t.is((await ask(device, 'GET', '/api/v1/status', { headers: { authorization } })).status, 401, authorization);
  }
  const refused = await ask(device, 'GET', '/api/v1/status');
  t.is(refused.status, 401);
  t.is(refused.headers['www-authenticate'], 'Bearer');
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

test('the webhook believes who signs the body, and only looks, however often it is replayed', async (t) => {
  const { ask, seen } = stage();
  const { body } = json({ ref: 'refs/heads/main' });
  const sign = (secret: string) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  const signed = { body, headers: { 'x-hub-signature-256': sign('a-secret-of-the-hook') } };
  t.is((await ask(nobody, 'POST', '/hooks/git', signed)).status, 202);
  t.is((await ask(nobody, 'POST', '/hooks/git', signed)).status, 202);
  t.deepEqual(seen, ['push', 'push']);
  const forged = [sign('another-secret-here'), sign('a-secret-of-the-hook').slice(7), ''];
  for (const signature of forged) {
    const headers = { 'x-hub-signature-256': signature };
    t.is((await ask(nobody, 'POST', '/hooks/git', { body, headers })).status, 401, signature);
  }
  t.is((await ask(nobody, 'POST', '/hooks/git', { body })).status, 401);
  t.is((await ask(nobody, 'POST', '/hooks/git', { ...signed, body: new Uint8Array([1]) })).status, 401);
  t.is(seen.length, 2);
});

test('without a secret the webhook is off', async (t) => {
  const { ask, seen } = stage({ hook: false });
  t.like(await ask(nobody, 'POST', '/hooks/git', json({})), { status: 404, body: { code: 'HOOK_OFF' } });
  t.deepEqual(seen, []);
});

test('an unknown path is 404, a wrong method 405 with what is allowed, a long body 413', async (t) => {
  const { ask } = stage();
  t.like(await ask(device, 'GET', '/constructor'), { status: 404, body: { code: 'NOT_FOUND' } });
  t.is((await ask(device, 'GET', '/')).status, 404);
  t.is((await ask(nobody, 'GET', '/healthz?verbose=1')).status, 200);
  t.deepEqual((await ask(nobody, 'GET', '/readyz')).body, {
    ready: true,
    checks: { leading: { code: 'OK' }, source: { code: 'OK' }, state: { code: 'OK' } },
  });
  const wrong = await ask(nobody, 'GET', '/enroll');
  t.is(wrong.status, 405);
  t.is(wrong.headers.allow, 'POST');
  t.is((await ask(device, 'POST', '/tuf/timestamp.json')).status, 405);
  t.is((await ask(nobody, 'POST', '/enroll', { body: new Uint8Array(bodyBytesMax + 1) })).status, 413);
  t.is((await ask(nobody, 'GET', `/healthz?${'x'.repeat(urlCharactersMax)}`)).status, 414);
  const deep = new TextEncoder().encode('['.repeat(bodyBytesMax));
  t.is((await ask(nobody, 'POST', '/enroll', { body: deep })).status, 400);
});

test('a commit is accepted by whoever has the API token, by its id or the beginning of it, and by nobody else', async (t) => {
  const { ask } = stage();
  const url = '/api/v1/source/accept';
  t.is((await ask(nobody, 'POST', url, json({ revision: 'abcdef1' }))).status, 401);
  t.is((await ask(device, 'POST', url, json({ revision: 'abcdef1' }))).status, 401);
  for (const revision of ['abc', 'HEAD', '-abcdef1', 7, undefined])
    t.is((await ask(nobody, 'POST', url, { headers: token, ...json({ revision }) })).status, 400);
  const answer = await ask(nobody, 'POST', url, { headers: token, ...json({ revision: 'abcdef1' }) });
  t.like(answer, { status: 409, body: { code: 'NOT_HELD', message: 'not abcdef1' } });
});

test('what is done to a rollout is for the token, bounded, and refused with what stands in the way', async (t) => {
  const { ask, seen } = stage();
  const url = '/api/v1/rollouts/act';
  const act = { fleet: 'ships', act: 'abort', who: 'Ada', why: 'it is late' };
  const post = (value: unknown) => ask(nobody, 'POST', url, { headers: token, ...json(value) });
  t.is((await ask(device, 'POST', url, json(act))).status, 401);
  t.deepEqual(await post(act).then(({ status: code, body }) => [code, body]), [200, { done: true }]);
  t.is((await post({ ...act, act: 'approve', wave: 'canary', revert: false, why: '' })).status, 200);
  t.deepEqual(seen, ['ships abort Ada it is late  ', 'ships approve Ada  canary false']);
  t.like(await post({ ...act, act: 'resume' }), {
    status: 409,
    body: { code: 'ACT_REFUSED', message: 'it is running' },
  });
  t.like(await post({ ...act, fleet: 'trucks' }), { status: 404, body: { code: 'NO_ROLLOUT' } });
  const wrong: readonly (readonly [body: unknown, message: RegExp])[] = [
    [undefined, /^the body must be object$/],
    [{ ...act, who: '' }, /^who must NOT have fewer than 1 characters$/],
    [{ ...act, who: 'x'.repeat(101) }, /^who must NOT have more than 100 characters$/],
    [{ ...act, why: 'x'.repeat(401) }, /^why must NOT have more than 400 characters$/],
    [{ ...act, act: 'stop' }, /^act must be .*: pause, resume, approve, abort, retry, allow-whole$/],
    [{ ...act, fleet: '../x' }, /^fleet must match pattern/],
    [{ ...act, force: true }, /^the body must NOT have additional properties \(force\)$/],
    [
      { ...act, act: 'pause', revert: true },
      /^revert is said of abort, and pause takes none, so that nothing was done/,
    ],
    [{ ...act, wave: 'canary' }, /^wave is said of approve, and abort takes none/],
    [{ ...act, act: 'retry', device: 'crane-7' }, /^device is said of allow-whole, and retry takes none/],
  ];
  for (const [body, message] of wrong) {
    const answer = await post(body);
    t.like(answer, { status: 400, body: { code: 'BAD_REQUEST' } });
    t.regex(answer.body.message, message);
  }
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

test('a caller who asks too often is told when to ask again, and keeps nobody else waiting', async (t) => {
  let now = 0;
  const as = (name: string) => ({ headers: { authorization: `Bearer ${name}` } });
  const { ask } = stage({
    callerLimits: callerLimits(() => now),
    whoAsks: ({ headers }) =>
      headers.authorization === 'Bearer own'
        ? installation
        : { name: headers.authorization!.slice(7), kind: 'token', scope: 'view' },
  });
  for (let n = 0; n < 500; n += 1) t.is((await ask(nobody, 'GET', '/api/v1/status', as('ada'))).status, 200);
  const late = await ask(nobody, 'GET', '/api/v1/status', as('ada'));
  t.like(late, { status: 429, headers: { 'retry-after': '1' }, body: { code: 'TOO_MANY_REQUESTS' } });
  t.is((await ask(nobody, 'GET', '/api/v1/status', as('bob'))).status, 200);
  for (let n = 0; n < 501; n += 1) t.is((await ask(nobody, 'GET', '/api/v1/status', as('own'))).status, 200);
  now += 1000;
  t.is((await ask(nobody, 'GET', '/api/v1/status', as('ada'))).status, 200);
});

test('what a caller does is on record before it is answered, by the name of their token, and who is refused too', async (t) => {
  const ada: Caller = { name: 'ada', kind: 'token', scope: 'operate' };
  const written: unknown[] = [];
  let isFull = false;
  const recorder: NonNullable<ApiParts['recorder']> = {
    done: async (deed) => {
      if (isFull) throw new Error('the disk is full');
      written.push(deed);
    },
    refused: (deed) => written.push(deed),
  };
  const { ask, seen } = stage({ recorder, whoAsks: ({ headers }) => (headers.authorization ? ada : undefined) });
  const pause = { fleet: 'ships', act: 'pause', who: 'Bob', why: 'a swell' };
  const post = (url: string, body: unknown) => ask(nobody, 'POST', url, { headers: token, ...json(body) });
  t.is((await post('/api/v1/rollouts/act', pause)).status, 200);
  t.deepEqual(seen, ['ships pause ada a swell  '], 'what a client says of itself is not who it is');
  const ofAda = { who: 'ada', kind: 'token', from: '10.0.0.2' };
  const paused = { ...ofAda, what: 'actOnRollout pause', about: 'fleet/ships', why: 'a swell', says: 'Bob' };
  t.deepEqual(written.splice(0), [{ ...paused, outcome: 'done' }]);
  t.like(await post('/api/v1/rollouts/act', { ...pause, fleet: 'trucks' }), {
    status: 404,
    body: { code: 'NO_ROLLOUT' },
  });
  t.like(await post('/api/v1/source/accept', { revision: 'abcdef0', why: 'w' }), { status: 403 });
  t.is((await ask(nobody, 'GET', '/api/v1/audit?limit=1')).status, 401);
  t.is((await ask(nobody, 'GET', '/api/v1/status', { headers: token })).status, 200);
  t.like(written.splice(0), [
    { about: 'fleet/trucks', outcome: 'refused', code: 'NO_ROLLOUT', message: 'at once' },
    { ...ofAda, what: 'acceptRevision', about: 'revision/abcdef0', why: 'w', code: 'SCOPE_LACKING' },
    { who: 'nobody', kind: 'nobody', what: 'listAudit', outcome: 'refused', code: 'UNAUTHORIZED' },
  ]);
  isFull = true;
  t.like(await post('/api/v1/rollouts/act', pause), { status: 503, body: { code: 'NOT_RECORDED' } });
});

test('a caller gets as far as their scope goes, and where a route is about all fleets only without limits', async (t) => {
  const ada: Caller = { name: 'ada', kind: 'token', scope: 'view' };
  const late: NotLetIn = { kind: 'not-let-in', status: 429, code: 'TOO_MANY_REQUESTS', message: 'slow down' };
  const unsaid = stage({ whoAsks: () => undefined });
  t.is((await unsaid.ask(nobody, 'GET', '/api/v1/status')).status, 401);
  const viewer = stage({ whoAsks: () => ada });
  t.is((await viewer.ask(nobody, 'GET', '/api/v1/status')).status, 200);
  t.is((await viewer.ask(nobody, 'GET', '/tuf/timestamp.json')).status, 200);
  const body = json({ fleet: 'ships', act: 'abort', who: 'Ada', why: '' });
  const refused = await viewer.ask(nobody, 'POST', '/api/v1/rollouts/act', body);
  t.like(refused, { status: 403, body: { code: 'SCOPE_LACKING' } });
  t.is(refused.body.message, 'ada has the scope view, and this needs operate');
  t.deepEqual(viewer.seen, []);
  const limited = stage({ whoAsks: () => ({ ...ada, scope: 'admin', fleets: ['ships'] }) });
  t.like(await limited.ask(nobody, 'GET', '/api/v1/releases'), { status: 403, body: { code: 'LIMITED' } });
  t.is((await limited.ask(nobody, 'GET', '/api/v1/status')).status, 200);
  t.like(await limited.ask(nobody, 'GET', '/api/v1/status?rows=true'), { status: 400, body: { code: 'BAD_QUERY' } });
  const other = json({ fleet: 'cranes', act: 'abort', who: 'Ada', why: '' });
  t.like(await limited.ask(nobody, 'POST', '/api/v1/rollouts/act', other), { status: 403, body: { code: 'LIMITED' } });
  t.deepEqual(limited.seen, []);
  t.is((await limited.ask(nobody, 'POST', '/api/v1/rollouts/act', body)).status, 200);
  t.is((await limited.ask(nobody, 'GET', '/tuf/timestamp.json')).status, 401);
  const hasty = stage({ whoAsks: () => ({ ...late, retryAfterSeconds: 9 }) });
  t.like(await hasty.ask(nobody, 'GET', '/api/v1/status'), { status: 429, headers: { 'retry-after': '9' } });
  const expired = stage({ whoAsks: () => ({ ...late, status: 401, code: 'TOKEN_EXPIRED' }) });
  const answer = await expired.ask(nobody, 'GET', '/api/v1/status');
  t.like(answer, { status: 401, headers: { 'www-authenticate': 'Bearer' }, body: { code: 'TOKEN_EXPIRED' } });
});

test('metrics are for callers who may see all, and for nobody else', async (t) => {
  const limited: Caller = { name: 'yard', kind: 'token', scope: 'admin', sites: ['yard'] };
  t.is((await stage().ask(nobody, 'GET', '/metrics')).status, 401);
  t.is((await stage().ask(device, 'GET', '/metrics')).status, 401);
  t.like(await stage({ whoAsks: () => limited }).ask(nobody, 'GET', '/metrics'), {
    status: 403,
    body: { code: 'LIMITED' },
  });
  const told = await stage().ask(nobody, 'GET', '/metrics', { headers: token });
  t.is(told.headers['content-type'], 'application/openmetrics-text; version=1.0.0; charset=utf-8');
  t.regex(told.body, /\nfleet_seen 1\n# EOF\n$/);
});
