import test from 'ava';
import { escaped, printable, printableDeep, printableLines } from '../../platform/printable.ts';

/** Every character that moves a cursor, ends a line, or turns the direction of text: https://unicode.org/reports/tr9/ */
const steering = [
  ...Array.from({ length: 0x20 }, (_, code) => code).filter((code) => code !== 9),
  ...Array.from({ length: 0x21 }, (_, at) => 0x7f + at),
  ...[0x61c, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069],
].map((code) => String.fromCharCode(code));

test('no character that steers a terminal passes, and all others do', (t) => {
  for (const character of steering) {
    t.is(printable(`a${character}b`), 'a\ufffdb', escape(character));
    t.regex(escaped(`a${character}b`), /^a\\u[0-9a-f]{4}b$/);
  }
  for (const text of ['\t', 'Ærø', 'سفينة', '船', '🚢', 'e\u0301']) t.is(printable(text), text);
  t.is(printableLines('one\r\ntwo'), 'one\ufffd\ntwo');
  t.deepEqual(printableDeep({ 'a\u001b': ['\u061c', 1, null] }), { 'a\ufffd': ['\ufffd', 1, null] } as never);
});
