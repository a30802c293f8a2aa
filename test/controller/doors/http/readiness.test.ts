import test from 'ava';
import { type Readiness, readinessAnswer, standByApi } from '../../../../controller/doors/http/readiness.ts';
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

test('the one that leads is ready only while its lease is certain', async (t) => {
  t.like(await read(readinessAnswer({ isReady: true, leader })), { status: 200, body: { ready: true, leader } });
  t.like(await read(readinessAnswer({ isReady: false, leader })), { status: 503, body: { ready: false, leader } });
});
