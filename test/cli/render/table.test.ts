import test from 'ava';
import fc from 'fast-check';
import { age, bar, bytes, span } from '../../../cli/render/quantities.ts';
import { cutMiddle, cutTo, styleFor, widthOf, wrap } from '../../../cli/render/style.ts';
import { table } from '../../../cli/render/table.ts';

const style = styleFor(true);
const cell = fc
  .tuple(fc.string({ maxLength: 30, unit: 'grapheme-ascii' }), fc.boolean())
  .map(([text, colored]) => (colored ? style('red', text.trim()) : text.trim()));

test('no line of a table is wider than the screen, whatever is in it', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, cell, cell), { minLength: 1 }),
      fc.integer({ min: 1, max: 90 }),
      (rows, columns) => {
        const heads = [{ head: 'NAME' }, { head: 'MORE', drop: 1 }, { head: 'WHY' }];
        const lines = table(heads, rows, columns).trimEnd().split('\n');
        return lines.every((line) => widthOf(line) <= columns);
      },
    ),
  );
  t.pass();
});

test('a narrow screen goes without the columns that matter least, and keeps the others whole', (t) => {
  const heads = [{ head: 'NAME' }, { head: 'SITE', drop: 2 }, { head: 'FLEET', drop: 1 }, { head: 'WHY' }];
  const rows = [['nav', 'aurora', 'ships', 'it runs']];
  t.is(table(heads, rows, 80), 'NAME  SITE    FLEET  WHY\nnav   aurora  ships  it runs\n');
  t.is(table(heads, rows, 22), 'NAME  SITE    WHY\nnav   aurora  it runs\n');
  t.is(table(heads, rows, 14), 'NAME  WHY\nnav   it runs\n');
  t.is(table(heads, rows, 10), 'NAME  WHY\nnav   it …\n');
});

test('a long name is cut in its middle before it takes the place of the reason', (t) => {
  const name = 'the-gateway-of-the-northern-quay-beside-the-old-crane-7';
  const lines = table(['DEVICE', 'STATE', 'WHY'], [[style('bold', name), 'dark', 'not heard since the morning']], 80);
  t.regex(lines, /the-gateway-of-t…the-old-crane-7.* {2}dark {3}not heard since the morning\n/);
  t.is(widthOf(cutMiddle('漢字漢字漢字', 6)), 5);
  t.is(cutMiddle(style('red', 'abcdefg'), 5), style('red', 'ab…fg'));
});

test('what a terminal draws two columns wide, or over the letter before, is counted so', (t) => {
  t.is(widthOf('Pump 🚀'), 7);
  t.is(widthOf('a · b'), 5);
  t.is(widthOf('漢字、カナ、한글'), 16);
  t.is(widthOf('n\u0303 é — █▏░ …'), 11);
  t.is(cutTo('漢字漢字', 6), '漢字…');
  t.is(cutTo('漢字漢字', 8), '漢字漢字');
  t.is(cutTo(`漢${style('red', '字')}ab`, 4), `漢${style('red', '-').replace('-', '')}…`);
  t.is(wrap('漢字 漢字', 5), '漢字\n漢字');
});

test('cutting counts letters and closes colours', (t) => {
  t.is(cutTo(style('red', 'refused'), 4), `${style('red', 'ref')}…`);
  t.is(cutTo('refused', 7), 'refused');
  t.is(cutTo('refused', 0), '');
});

test('wrapping breaks between words and loses none', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }),
      fc.integer({ min: 12, max: 40 }),
      (words, width) => {
        const lines = wrap(words.join(' '), width).split('\n');
        t.deepEqual(lines.join(' ').split(' '), words);
        t.true(lines.every((line) => line.length <= width));
      },
    ),
  );
  t.is(wrap('  one two', 6), '  one\n  two');
});

test('times, bytes and bars read as people write them', (t) => {
  t.deepEqual([0, 59_999, 185_000, 9_600_000, 9 * 86_400_000 + 4 * 3_600_000].map(span), [
    '0s',
    '59s',
    '3m5s',
    '2h40m',
    '9d4h',
  ]);
  t.is(age(undefined, '2026-06-01T00:00:00Z'), '-');
  t.deepEqual([0, 912, 4_100, 1_250_000, 999_999].map(bytes), ['0 B', '912 B', '4.10 kB', '1.25 MB', '1.00 MB']);
  t.is(bar(1, 4, 8), '██░░░░░░');
  t.is(bar(9, 4, 3), '███');
  t.is(bar(0, 0, 3), '███');
});
