import test from 'ava';
import fc from 'fast-check';
import { loadAll } from 'js-yaml';
import { readPlainYaml } from '../../../controller/manifests/plain-yaml.ts';

/** What the library makes of a text; a text that it refuses is none of the plain ones. */
function library(text: string): readonly unknown[] | undefined {
  try {
    return loadAll(text);
  } catch {
    return undefined;
  }
}

const indent = fc.constantFrom('', '', '', '', '', '  ', '  ', '    ', '   ', '\t', ' ');
const hostileKey = fc.constantFrom(
  ...['a', 'b', 'c', 'name', 'x.y/z', 'a-', 'spec', 'constructor', 'toString', '__proto__', '<<', 'true', 'no', 'Null'],
  ...['"q"', "'q'", '- a', '? a', '1', '0x1', '', 'a b', '&k a', '!t a', '# a', '{a', 'é', 'a\u00a0'],
);
const hostileValue = fc.constantFrom(
  ...[
    '',
    '',
    ' ',
    ' word',
    ' 7',
    ' 0',
    ' SHA256:a+b/c=',
    ' site-1',
    ' a:b',
    ' a:',
    ' a: b',
    ' a #b',
    ' a#b',
    ' a ',
    '  a',
    '\ta',
  ],
  ...[
    ' true',
    ' FALSE',
    ' null',
    ' ~',
    ' yes',
    ' On',
    ' y',
    ' NaN',
    ' Infinity',
    ' .inf',
    ' 1e3',
    ' 07',
    ' -1',
    ' 1_0',
    ' 0x1f',
  ],
  ...[
    ' 1.0.0',
    ' 1.5',
    ' 2001-01-01',
    ' 123456789012',
    ' "q"',
    " 'q'",
    ' |',
    ' >-',
    ' [a]',
    ' {}',
    ' {',
    ' *k',
    ' &k a',
    ' !!str 7',
  ],
  ...[' - a', ' a,b', ' é', ' \u2028a', ' a\u0085b', ' a\r', ' %a', ' @a', ' `a', ' =', ' a=', ' e3', ' null0'],
);
/** One hostile piece among plain ones: two would hide each other. */
const key = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f') },
  { weight: 1, arbitrary: hostileKey },
);
const value = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('', ' x', ' 7') },
  { weight: 2, arbitrary: hostileValue },
);
const line = fc.oneof(
  { weight: 12, arbitrary: fc.tuple(indent, key, value).map(([space, name, rest]) => `${space}${name}:${rest}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('---', '...', '', '  ', '# note', '- a', 'word', '\ufeffa: b', '%YAML 1.1', 'a:b'),
  },
);
const end = fc.constantFrom('\n', '\n', '\n', '', '\r\n', '\n\n');

test('what is read plainly is what the library reads, whatever the text is', (t) => {
  let read = 0;
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), end, (lines, last) => {
      const text = `${lines.join('\n')}${last}`;
      const plain = readPlainYaml(text);
      if (plain === undefined) return;
      read += 1;
      t.deepEqual([plain], library(text), JSON.stringify(text));
    }),
    { numRuns: 10_000 },
  );
  t.true(read > 100, `${read} of the texts were plain`);
});

test('the same, of texts that are mostly plain', (t) => {
  const word = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_./:+=-]{0,8}$/);
  const entry = fc.tuple(fc.nat({ max: 3 }), fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), fc.option(word));
  let read = 0;
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 8 }), (entries) => {
      const lines = entries.map(
        ([depth, name, rest]) => `${'  '.repeat(depth)}${name}:${rest === null ? '' : ` ${rest}`}\n`,
      );
      const plain = readPlainYaml(lines.join(''));
      if (plain === undefined) return;
      read += 1;
      t.deepEqual([plain], library(lines.join('')), JSON.stringify(lines));
    }),
    { numRuns: 10_000 },
  );
  t.true(read > 50, `${read} of the texts were plain`);
});

test('the manifest of a device is read plainly', (t) => {
  const text =
    'apiVersion: fleet/v1alpha1\nkind: Device\nmetadata:\n  name: d-1\n  labels:\n    hull: h1\nspec:\n  site: s1\n';
  t.deepEqual(readPlainYaml(text), {
    apiVersion: 'fleet/v1alpha1',
    kind: 'Device',
    metadata: { name: 'd-1', labels: { hull: 'h1' } },
    spec: { site: 's1' },
  });
});
