import test from 'ava';
import fc from 'fast-check';
import { parseBoundedJson } from '../../../artifact/trust/json.ts';
import { refused } from './refused.ts';

const read = (text: string, bytesMax = 10_000) => parseBoundedJson(Buffer.from(text), bytesMax, 'the test');

test('parseBoundedJson() reads what JSON.stringify() writes', (t) => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = JSON.stringify(value);
      t.deepEqual(read(text, Buffer.byteLength(text)), JSON.parse(text));
    }),
    { numRuns: 100 },
  );
});

test('braces, commas and quotes inside strings do not count', (t) => {
  const value = { text: `${'[{,'.repeat(2000)}\\"` };
  t.deepEqual(read(JSON.stringify(value)), value);
});

test('text that has no single meaning is refused: bad UTF-8, a byte order mark, lone surrogates', (t) => {
  refused(t, () => parseBoundedJson(Buffer.from([0x22, 0xff, 0x22]), 10, 'the test'), 'MALFORMED');
  refused(t, () => read('\ufeff{}'), 'MALFORMED');
  refused(t, () => read('"\\ud800"'), 'MALFORMED');
  refused(t, () => read('{"\\udc00":1}'), 'MALFORMED');
});

test('size, depth and members are bounded', (t) => {
  refused(t, () => read('[1,2,3]', 6), 'TOO_LARGE');
  refused(t, () => read(`${'['.repeat(17)}${']'.repeat(17)}`), 'TOO_LARGE');
  t.notThrows(() => read(`${'['.repeat(16)}${']'.repeat(16)}`));
  refused(t, () => read(`[${Array(1025).fill(0).join(',')}]`), 'TOO_LARGE');
  t.notThrows(() => read(`[${Array(1024).fill(0).join(',')}]`));
});

test('two members of one name are refused, wherever they are, however they are written', (t) => {
  for (const text of [
    '{"a":1,"a":1}',
    '[{"b":[1,2],"b":{}}]',
    '{"a":{"x":1,"y":2},"\\u0061":0}',
    '{"":0,"":[1,2,3]}',
  ]) {
    refused(t, () => read(text), 'MALFORMED');
  }
  t.deepEqual(read('[{"a":1},{"a":1},[],{},[ ],{ }]'), [{ a: 1 }, { a: 1 }, [], {}, [], {}]);
});
