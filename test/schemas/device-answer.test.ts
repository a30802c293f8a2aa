import { brotliCompressSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { answerBytesMax, answerTextBytesMax, decodeAnswer, encodeAnswer } from '../../schemas/device-answer.ts';

const id = 'ab'.repeat(8);
const head = Buffer.from(`${JSON.stringify({ id })}\n`);

test('an answer is read as it was written, and one that is too long as its end, from the beginning of a line', (t) => {
  const lines = fc.array(fc.stringMatching(/^[ -~]{0,80}$/), { maxLength: 200 });
  fc.assert(
    fc.property(lines, fc.integer({ min: 256, max: 4_096 }), (written, bytesMax) => {
      const text = written.map((line) => `${line}\n`).join('');
      const bytes = encodeAnswer({ id, text, lack: 'the newest may be missing' }, bytesMax);
      const read = decodeAnswer(bytes)!;
      t.like(read, { id, lack: 'the newest may be missing' });
      t.true(bytes.length <= bytesMax + 100);
      if (read.isCut !== true) return t.is(read.text, text);
      t.true(text.endsWith(`\n${read.text}`));
    }),
    { numRuns: 50 },
  );
});

test('what is no answer, or would unpack to more than one may have, is none', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
      t.is(decodeAnswer(bytes), undefined);
      const read = decodeAnswer(Buffer.concat([head, bytes]));
      t.true(read === undefined || read.text.length <= answerTextBytesMax);
    }),
    { numRuns: 50 },
  );
  const bomb = brotliCompressSync(Buffer.alloc(answerTextBytesMax + 1, 'a'));
  t.true(bomb.length < 1_000);
  t.is(decodeAnswer(Buffer.concat([head, bomb])), undefined);
  t.is(decodeAnswer(Buffer.concat([head, Buffer.alloc(answerBytesMax)])), undefined);
  const packed = brotliCompressSync('text');
  for (const wrong of ['[]', '{"id":"x"}', `{"id":"${id}","lack":7}`, `{"id":"${id}"`, 'null'])
    t.is(decodeAnswer(Buffer.concat([Buffer.from(`${wrong}\n`), packed])), undefined);
});
