import test from 'ava';
import { refusal } from '../../../device-agent/download/answer.ts';
import { fetchSmallFile } from '../../../device-agent/download/small-file.ts';
import type { HttpRequest, HttpResponse, Network } from '../../../platform/ports.ts';

/** A server whose every answer goes on for ever, and how much of it was heard. */
function endless(status: number, headers: Readonly<Record<string, string>> = {}) {
  const heard = { bytes: 0, requests: [] as HttpRequest[], isOver: false };
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield new Uint8Array(4096);
    } finally {
      heard.isOver = true;
    }
  }
  const network: Network = {
    request: async (request) => {
      heard.requests.push(request);
      return { status, headers, body: body() };
    },
  };
  const get = () =>
    fetchSmallFile(network, 'https://shore/x', 1024, (bytes) => (heard.bytes += bytes), new AbortController().signal);
  return { heard, get };
}

test('what the server says at length with a refusal is neither paid for nor taken for the file', async (t) => {
  const missing = endless(404);
  t.is(await missing.get(), undefined);
  const busy = endless(503);
  await t.throwsAsync(busy.get, { code: 'SERVER_BUSY' } as never);
  const packed = endless(200, { 'content-encoding': 'br' });
  await t.throwsAsync(packed.get, { code: 'SERVER_REFUSED', message: /came packed \(br\)/ } as never);
  for (const { heard } of [missing, busy, packed]) {
    t.true(heard.bytes <= 24_576, `${heard.bytes} bytes`);
    t.true(heard.isOver);
    t.is(heard.requests[0]?.headers['accept-encoding'], 'identity');
  }
});

test('a file that is too large is refused as soon as it is', async (t) => {
  const { heard, get } = endless(200, { 'content-encoding': 'identity' });
  await t.throwsAsync(get, { code: 'ARTIFACT_DAMAGED' } as never);
  t.true(heard.bytes <= 8_192);
});

test('refusal() tells what is missing from what is busy, and hears when to come back', (t) => {
  const of = (status: number, headers: Readonly<Record<string, string>> = {}) => {
    const { code, retryAfterMs } = refusal('https://shore/x', { status, headers } as HttpResponse);
    return [code, retryAfterMs];
  };
  t.deepEqual(of(410), ['ARTIFACT_MISSING', undefined]);
  t.deepEqual(of(301, { location: 'https://shore/x' }), ['SERVER_REFUSED', undefined]);
  t.deepEqual(of(403, { 'retry-after': '5' }), ['SERVER_REFUSED', undefined]);
  t.deepEqual(of(401, {}), ['CERTIFICATE_REFUSED', undefined]);
  t.deepEqual(of(429, { 'retry-after': '5' }), ['SERVER_BUSY', 5_000]);
  const date = 'Sun, 29 Nov 2026 12:00:00 GMT';
  t.deepEqual(of(503, { date, 'retry-after': 'Sun, 29 Nov 2026 12:02:00 GMT' }), ['SERVER_BUSY', 120_000]);
  t.deepEqual(of(503, { date, 'retry-after': 'Sun, 29 Nov 2026 11:00:00 GMT' }), ['SERVER_BUSY', 0]);
  for (const nonsense of ['soon', '-1', '1e9', '9999999999', 'Sun, 29 Nov 2026 12:02:00 GMT']) {
    t.deepEqual(of(502, { 'retry-after': nonsense }), ['SERVER_BUSY', undefined], nonsense);
  }
});
