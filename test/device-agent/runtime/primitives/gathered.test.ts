import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import { Gathered } from '../../../../device-agent/runtime/primitives/gathered.ts';

test('what is written is gathered up to its bound; more is refused, and is part of nothing', (t) => {
  const gathered = new Gathered('an answer', 5);
  for (const text of ['ab', '', 'cde']) gathered.stream.write(Buffer.from(text));
  t.deepEqual([Buffer.from(gathered.contents()).toString(), gathered.isTooLong], ['abcde', false]);
  t.throws(() => gathered.stream.write(Uint8Array.of(1)), { message: 'an answer of more than 5 bytes' });
  t.true(gathered.isTooLong);
});

test('what is gathered is a copy: a program goes on using its memory', (t) => {
  const gathered = new Gathered('an answer', 5);
  const memory = Buffer.from('ab');
  gathered.stream.write(memory);
  memory.fill(0);
  t.is(Buffer.from(gathered.contents()).toString(), 'ab');
});

test.serial('what is written a byte at a time takes its bytes of memory, and nothing for each write', (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const gathered = new Gathered('an answer', 1_000_000);
  const byte = Uint8Array.of(1);
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let count = 0; count < 300_000; count++) gathered.stream.write(byte);
  collect();
  t.true(process.memoryUsage().heapUsed - before < 4_000_000);
  t.is(gathered.contents().length, 300_000);
});
