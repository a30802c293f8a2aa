import test from 'ava';
import fc from 'fast-check';
import { decodeAnswer, encodeAnswer } from '../../schemas/batch-answer.ts';
import {
  BatchError,
  batchMessagesMax,
  batchParts,
  type MessageBatch,
  packBatch,
  partBytesMax,
  readPart,
  unpackBatch,
} from '../../schemas/message-batch.ts';

const batches = fc.record({
  application: fc.constantFrom('gauge', 'a', 'x'.repeat(63)),
  channel: fc.constantFrom('readings', 'a-1'),
  stream: fc.constantFrom('00000000000000ff', 'a1b2c3d4e5f60718'),
  segment: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  index: fc.integer({ min: 0, max: 2 ** 32 }),
  dropped: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  messages: fc.array(
    fc.record({ at: fc.integer({ min: -(2 ** 51), max: 2 ** 51 }), message: fc.uint8Array({ maxLength: 300 }) }),
    { minLength: 1, maxLength: 20 },
  ),
});

const plain = (batch: MessageBatch) => ({
  ...batch,
  messages: batch.messages.map(({ at, message }) => ({ at, message: [...message] })),
});

const small: MessageBatch = {
  ...{ application: 'gauge', channel: 'readings', stream: '00000000000000ff', segment: 1, index: 0, dropped: 0 },
  messages: [{ at: 1, message: Uint8Array.of(1, 2, 3) }],
};

test('a batch that is packed, cut, put together and unpacked is the same', (t) => {
  fc.assert(
    fc.property(batches, fc.integer({ min: 0, max: 2 ** 32 - 1 }), (batch, number) => {
      const parts = batchParts(number, packBatch(batch)).map(readPart);
      t.true(parts.every((part) => part.batch === number && part.parts === parts.length));
      t.deepEqual(plain(unpackBatch(Buffer.concat(parts.map(({ bytes }) => bytes)))), plain(batch));
    }),
  );
});

test('bytes that are no batch are refused with a reason, whatever they are', (t) => {
  const packed = packBatch(small);
  fc.assert(
    fc.property(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(packed.length), (at, flip, cut) => {
      const spoilt = packed.slice();
      spoilt[at] = spoilt[at]! ^ flip;
      for (const bytes of [spoilt, packed.slice(0, cut)]) {
        try {
          t.true(unpackBatch(bytes).messages.length <= batchMessagesMax);
        } catch (error) {
          t.true(error instanceof BatchError, String(error));
        }
      }
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      for (const read of [unpackBatch, readPart]) {
        try {
          read(bytes);
        } catch (error) {
          t.true(error instanceof BatchError, String(error));
        }
      }
    }),
  );
});

test('what unpacks into more than a batch may hold is refused before it is held', (t) => {
  const bomb = packBatch({ ...small, messages: [{ at: 0, message: new Uint8Array(4_000_000) }] });
  t.true(bomb.length < partBytesMax);
  t.throws(() => unpackBatch(bomb), { message: /can't be unpacked into/ });
});

test('messages alike travel in a fraction of their bytes', (t) => {
  const messages = Array.from({ length: 200 }, (_, n) => ({
    at: 1_772_000_000_000 + n * 1_000,
    message: new TextEncoder().encode(`{"speed":${n % 17},"heading":${n % 360},"unit":"knots"}\n`),
  }));
  const bytes = messages.reduce((sum, { message }) => sum + message.length, 0);
  t.true(packBatch({ ...small, messages }).length < bytes / 5);
});

test('an answer is read as it was written, and what is none is nothing', (t) => {
  const of = { application: 'gauge', channel: 'readings', stream: '00000000000000ff' };
  for (const answer of [
    { ...of, taken: { segment: 3, index: 7 } },
    { ...of, wait: { seconds: 60, code: 'OUTLET_FAILS', message: 'the webhook answers 500' } },
  ]) {
    t.deepEqual(decodeAnswer(encodeAnswer(answer)), answer);
  }
  const noAnswers = [
    '',
    'null',
    '[]',
    '{"application":1}',
    JSON.stringify({ ...of, taken: { segment: -1, index: 0 } }),
    JSON.stringify({ ...of, wait: { seconds: 1e9, code: '', message: '' } }),
    JSON.stringify({ ...of, wait: { seconds: 1, code: 'X', message: 'x'.repeat(2_000) } }),
  ];
  for (const text of noAnswers) t.is(decodeAnswer(new TextEncoder().encode(text)), undefined, text);
});
