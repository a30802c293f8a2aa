import { createHmac } from 'node:crypto';
import test from 'ava';
import { type Caller, installation, type NotLetIn } from '../../../../controller/access/caller.ts';
import { callerLimits } from '../../../../controller/doors/http/admit.ts';
import { type ApiParts, bodyBytesMax, urlCharactersMax } from '../../../../controller/doors/http/router.ts';
import { device, json, nobody, stage, status, token } from './api-stage.ts';

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
