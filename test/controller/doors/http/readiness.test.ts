import test from 'ava';
import {
  type Readiness,
  type ReadinessParts,
  readinessAnswer,
  readinessOf,
  standByApi,
} from '../../../../controller/doors/http/readiness.ts';
import { type Watched, watchDoorAnswer } from '../../../../controller/doors/http/watch-door.ts';
import type { HttpRequest, HttpResponse } from '../../../../platform/ports.ts';

async function read({ status, headers, body }: HttpResponse) {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return { status, retryAfter: headers['retry-after'], body: JSON.parse(Buffer.concat(chunks).toString()) };
}

function ask(leader: Readiness['leader'], method: HttpRequest['method'], url: string) {
  const peer = { address: '10.0.0.1', device: 'buoy-1', keyFingerprint: 'SHA256:key' };
  return standByApi(() => leader)({ method, url, headers: {} }, peer, new AbortController().signal).then(read);
}

const leader = { name: 'shore-1:7443', epoch: 7 };

test('one that stands by is healthy, not ready, and tells who leads; nothing else is served, to nobody', async (t) => {
  t.like(await ask(leader, 'GET', '/healthz'), { status: 200 });
  t.like(await ask(leader, 'GET', '/readyz?x'), { status: 503, body: { ready: false, leader } });
  t.like(await ask(undefined, 'GET', '/readyz'), { status: 503, body: { ready: false } });
  for (const [method, url] of [
    ['GET', '/api/v1/status'],
    ['GET', '/tuf/timestamp.json'],
    ['POST', '/enroll'],
  ] as const) {
    const answer = await ask(leader, method, url);
    t.like(answer, { status: 503, retryAfter: '5', body: { code: 'STANDS_BY' } });
    t.regex(answer.body.message, /shore-1:7443 leads/);
  }
});

const well = { isLeading: true, leader, source: { state: 'current' }, trouble: undefined } as const;
const since = '2026-03-01T00:00:00.000Z';
const answerTo = (parts: Partial<ReadinessParts>, only?: string) =>
  read(readinessAnswer(readinessOf({ ...well, ...parts }), only));

test('the one that leads is ready while its lease is certain, the branch is read and the state takes what is written, and says which is not', async (t) => {
  const ok = { code: 'OK' };
  t.deepEqual((await answerTo({})).body, { ready: true, leader, checks: { leading: ok, source: ok, state: ok } });
  t.is((await answerTo({})).status, 200);
  t.like(await answerTo({ isLeading: false }), {
    status: 503,
    body: { ready: false, leader, checks: { leading: { code: 'STANDS_BY' }, source: ok, state: ok } },
  });
  t.like(await answerTo({ source: { state: 'unreachable', since } }), {
    status: 503,
    body: { ready: false, checks: { leading: ok, source: { code: 'SOURCE_UNREACHABLE', since }, state: ok } },
  });
  t.like(await answerTo({ source: { state: 'refused', since } }), { status: 200 });
  t.like(await answerTo({ trouble: { code: 'STATE_FULL', since: Date.parse(since) } }), {
    status: 503,
    body: { ready: false, checks: { state: { code: 'STATE_FULL', since } } },
  });
});

test('one check is asked for alone: devices are led to the one that leads though it does not reach its repository', async (t) => {
  const parts = { source: { state: 'unreachable', since } } as const;
  t.like(await answerTo(parts, 'leading'), { status: 200, body: { ready: true, checks: { leading: { code: 'OK' } } } });
  t.is((await answerTo(parts, 'source')).status, 503);
  t.like(await answerTo(parts, 'weather'), { status: 404, body: { code: 'NOT_FOUND' } });
  t.like(await ask(leader, 'GET', '/readyz/leading'), { status: 503, body: { ready: false, leader } });
});

test('the port for programs that watch has metrics and readiness, takes GET, and has nothing else', async (t) => {
  const watched: Watched = {
    readMetrics: () => [{ name: 'fleet_seen', kind: 'gauge', help: 'Seen.', samples: [{ value: 1 }] }],
    readiness: () => readinessOf(well),
  };
  const look = async (method: string, url: string) => {
    const { status, headers, body } = await watchDoorAnswer({ method, url }, watched);
    return { status, names: headers.map(([name]) => name), text: new TextDecoder().decode(body) };
  };
  const metrics = await look('GET', '/metrics?x');
  t.regex(metrics.text, /\nfleet_seen 1\n# EOF\n$/);
  t.deepEqual(metrics.names, ['content-type', 'cache-control']);
  t.like(await look('GET', '/readyz'), { status: 200 });
  t.like(await look('GET', '/healthz'), { status: 200 });
  t.like(await look('POST', '/metrics'), { status: 405 });
  for (const url of ['/', '/api/v1/status', '/tuf/timestamp.json']) t.is((await look('GET', url)).status, 404);
});
