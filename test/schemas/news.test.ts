/** The words of who asks for news, and of who answers: what comes out is what went in, or nothing. */
import { deflateRawSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { packReport } from '../../schemas/brief-report.ts';
import {
  newsAnswerBytesMax,
  newsRequestBytesMax,
  packNewsAnswer,
  packNewsRequest,
  parseNewsAnswer,
  parseNewsRequest,
} from '../../schemas/news.ts';

const report = packReport({ counter: 1, phase: 'idle' });

test('a question comes out as it went in', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (knows) => {
      const asked = parseNewsRequest(packNewsRequest({ knows, report }));
      t.is(asked?.knows, knows);
      t.deepEqual(Buffer.from(asked!.report), Buffer.from(report));
    }),
  );
});

test('what is too long, of another version or without a report is no question', (t) => {
  const asked = packNewsRequest({ knows: 1, report });
  t.is(parseNewsRequest(Buffer.concat([asked, Buffer.alloc(newsRequestBytesMax)])), undefined);
  t.is(parseNewsRequest(Uint8Array.of(9, ...asked.subarray(1))), undefined);
  for (let end = 0; end < 20; end += 1) t.is(parseNewsRequest(asked.subarray(0, end)), undefined);
});

test('that nothing is news takes no bytes', (t) => {
  t.is(packNewsAnswer({ report: 'taken' }).length, 0);
  t.deepEqual(parseNewsAnswer(new Uint8Array(0)), { report: 'taken' });
});

test('an answer comes out as it went in, and what is none does not', (t) => {
  for (const answer of [
    { report: 'taken', desired: { sequence: 7, envelope: '{}' } },
    { report: 'taken', desired: null },
    { report: 'other-base' },
    { report: 'refused', message: 'older' },
  ] as const)
    t.deepEqual(parseNewsAnswer(packNewsAnswer(answer)), answer);
  const packed = (value: unknown) => deflateRawSync(JSON.stringify(value));
  for (const wrong of [
    [],
    null,
    {},
    { report: 'eaten' },
    { report: 'taken', desired: 7 },
    { report: 'taken', message: 1 },
  ])
    t.is(parseNewsAnswer(packed(wrong)), undefined, JSON.stringify(wrong));
  t.is(parseNewsAnswer(packed({ report: 'taken', desired: { long: 'a'.repeat(newsAnswerBytesMax) } })), undefined);
  t.is(parseNewsAnswer(Buffer.from('<html>')), undefined);
});
