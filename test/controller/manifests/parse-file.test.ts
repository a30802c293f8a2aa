import test from 'ava';
import fc from 'fast-check';
import { parseManifestFile } from '../../../controller/manifests/parse-file.ts';
import { decodeParsedFile, encodeParsedFile } from '../../../controller/manifests/parsed-file-cache.ts';
import { application, bytesOf, device, fleet, site } from './fleet-fixture.ts';

const head = 'apiVersion: fleet/v1alpha1\n';

/** `line:column CODE message` of every problem. */
function told(text: string | Uint8Array): string[] {
  const { problems } = parseManifestFile(typeof text === 'string' ? bytesOf(text) : text);
  return problems.map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`);
}

function codes(text: string | Uint8Array): string[] {
  return parseManifestFile(typeof text === 'string' ? bytesOf(text) : text).problems.map(({ code }) => code);
}

test('a file may hold several manifests, and empty documents', (t) => {
  const parsed = parseManifestFile(bytesOf(`# all\n---\n${site('a')}---\n---\n${site('b')}...\n`));
  t.deepEqual(parsed.problems, []);
  t.deepEqual(
    parsed.manifests.map(({ document, manifest }) => [document, manifest.metadata.name]),
    [
      [0, 'a'],
      [2, 'b'],
    ],
  );
});

test('an unknown field is told with the nearest name, at its place', (t) => {
  t.deepEqual(told(`${head}kind: Application\nmetadata: {name: pump}\nspec:\n  release: "1"\n  confg: {}\n`), [
    '6:3 UNKNOWN_FIELD spec has no field "confg"; did you mean "config"?',
  ]);
});

test('an unknown field that is near nothing is told with what there is', (t) => {
  t.deepEqual(told(`${head}kind: Site\nmetadata: {name: a}\nspec: {zzzzzz: 1}\n`), [
    '4:8 UNKNOWN_FIELD spec has no field "zzzzzz"; there are: config, links, modulesOver',
  ]);
});

test('every violation of the schema in a file is told, in the order of the text', (t) => {
  const text = `${head}kind: Fleet
metadata:
  name: Ships
  labels: {"not a label!": x}
spec:
  selector:
    matchExpressions: [{ key: kind, operator: Is }]
  applications:
    - { release: 1.10 }
  probationSeconds: 0
`;
  t.deepEqual(told(text), [
    '4:9 BAD_VALUE metadata.name cannot be string "Ships": A DNS label (RFC 1123): lower-case letters, digits and dashes, at most 63 characters.',
    '5:12 BAD_NAME "not a label!" cannot be a name in metadata.labels: A name as Kubernetes has it of labels: letters, digits and - _ . inside, at most 63 characters, maybe behind a domain and a slash.',
    '8:47 UNKNOWN_VALUE spec.selector.matchExpressions[0].operator cannot be string "Is"; did you mean "In"?',
    '10:7 MISSING_FIELD spec.applications[0] lacks "name": A DNS label (RFC 1123): lower-case letters, digits and dashes, at most 63 characters.',
    '10:18 WRONG_TYPE spec.applications[0].release must be text, not number 1.1; quote it',
    '11:21 OUT_OF_RANGE spec.probationSeconds must be >= 1, not number 0: How long applications must run without failing before a new deployment counts as good; until then the device goes back by itself.',
  ]);
});

test('an unknown kind and an unknown version are told', (t) => {
  t.deepEqual(told('apiVersion: v1\nkind: Devise\nmetadata: {name: a}\n'), [
    '1:13 UNKNOWN_API_VERSION apiVersion must be "fleet/v1alpha1", it is string "v1"',
    '2:7 UNKNOWN_KIND kind cannot be string "Devise"; did you mean "Device"?',
  ]);
  t.deepEqual(codes('- a\n- b\n'), ['NOT_A_MANIFEST']);
});

test('a tab in the indentation is told where it stands', (t) => {
  t.deepEqual(told(`${head}kind: Site\nmetadata:\n  name: a\nspec:\n \tconfig: {}\n`), [
    '6:2 TAB a tab cannot indent YAML; use spaces',
  ]);
});

test('a tab inside a map in one line is told where it stands', (t) => {
  t.deepEqual(told('a: {b:\tc}\n'), ['1:7 TAB a tab cannot stand between two values; use spaces']);
});

test('what is never closed is told where it opens', (t) => {
  t.deepEqual(told('a: 1\nb: "x\nc: [1]\n'), ['2:4 YAML_SYNTAX this " is not closed before the end']);
  const late = 'is not closed before line 3, or what follows stands too far left';
  t.deepEqual(told('a: 1\nb: [[1], 2\nc: 3\n'), [`2:4 YAML_SYNTAX this [ ${late}`]);
  t.deepEqual(told('a: 1\nb: [{x: [1, 2]\nc: 3\n'), [`2:5 YAML_SYNTAX this { ${late}`]);
});

test('a key that is a list or a map is told where it stands', (t) => {
  t.deepEqual(told('a: 1\n? [1, 2]\n: x\n'), ['2:3 COMPLEX_KEY a key must be text, not a map or a list']);
});

test('an alias bomb is told where it goes off', (t) => {
  const [only, ...others] = parseManifestFile(bytesOf(bomb(9))).problems;
  t.is(others.length, 0);
  t.regex(only!.excerpt!, /^a5: /);
});

test('syntax errors in several documents are all told', (t) => {
  t.deepEqual(codes('a: [1\n---\nb: "x\n'), ['YAML_SYNTAX', 'YAML_SYNTAX']);
});

test('a key that stands twice is told at its second place, each of them', (t) => {
  t.deepEqual(told('a: 1\nb: 1\na: 2\nc: {x: 1, x: 2}\n'), [
    '3:1 DUPLICATE_KEY "a" stands twice in this map',
    '4:11 DUPLICATE_KEY "x" stands twice in this map',
  ]);
});

test('placeholders that mean nothing are told where they stand', (t) => {
  const text = application('pump', '1.0.0', {
    config: { list: ['fine', '${device.nam}'], plain: '$${device.nam}' },
    args: ['${site.name}', '${open'],
  });
  t.deepEqual(told(text), [
    '10:9 UNKNOWN_PLACEHOLDER "${device.nam}" means nothing; did you mean "${device.name}"?',
    '14:7 BAD_PLACEHOLDER a placeholder is not closed; write $${ for a plain ${',
  ]);
});

test('selectors are held to the rules of Kubernetes', (t) => {
  const requirement = (text: string) =>
    `${head}kind: Fleet\nmetadata: {name: a}\nspec: {selector: {matchExpressions: [${text}]}, applications: []}\n`;
  t.deepEqual(codes(requirement('{key: a, operator: In}')), ['BAD_SELECTOR']);
  t.deepEqual(codes(requirement('{key: a, operator: Exists, values: [x]}')), ['BAD_SELECTOR']);
  t.deepEqual(codes(requirement('{key: a, operator: NotIn, values: [x]}')), []);
});

test('an application that stands twice in a fleet is told', (t) => {
  t.deepEqual(codes(fleet('a', {}, [{ name: 'pump' }, { name: 'pump' }])), ['DUPLICATE_APPLICATION']);
});

test('what the schema finds does not hide what is wrong beside it', (t) => {
  const text = `${fleet('a', {}, [{ name: 'pump' }, { name: 'pump' }], { config: { x: '${site}' } })}`;
  t.deepEqual(codes(text.replace('matchLabels: {}', 'matchExpressions: [{key: a, operator: In}, 7]')), [
    'BAD_SELECTOR',
    'WRONG_TYPE',
    'DUPLICATE_APPLICATION',
    'UNKNOWN_PLACEHOLDER',
  ]);
});

test('numbers that JSON cannot carry exactly are told', (t) => {
  const config = (value: string) => `${head}kind: Site\nmetadata: {name: a}\nspec: {config: {x: ${value}}}\n`;
  t.deepEqual(codes(config('.nan')), ['BAD_NUMBER']);
  t.deepEqual(codes(config('12345678901234567890')), ['BAD_NUMBER']);
  t.deepEqual(codes(config('"12345678901234567890"')), []);
  t.deepEqual(codes(config('1.5e-3')), []);
});

test('__proto__ and merge keys are told, and change no object', (t) => {
  t.deepEqual(codes(`${head}kind: Site\nmetadata: {name: a}\nspec: {config: {__proto__: {polluted: 1}}}\n`), [
    'FORBIDDEN_NAME',
  ]);
  t.deepEqual(codes(`${head}kind: Site\nmetadata: {name: a}\nspec: {config: {<<: {x: 1}}}\n`), ['MERGE_KEY']);
  t.is(({} as { polluted?: unknown }).polluted, undefined);
});

test('bytes that are not UTF-8 are told where they stand', (t) => {
  t.deepEqual(told(Buffer.from([0x61, 0x3a, 0x0a, 0x62, 0xff])), ['2:2 NOT_UTF8 the file is not UTF-8 text']);
});

function bomb(levels: number): string {
  let text = 'a0: &a0 [x, x, x, x, x, x, x, x, x]\n';
  for (let level = 1; level < levels; level += 1) {
    text += `a${level}: &a${level} [${Array(9)
      .fill(`*a${level - 1}`)
      .join(', ')}]\n`;
  }
  return text;
}

test('aliases are followed as long as what they come to stays small', (t) => {
  const text = `${head}kind: Device\nmetadata: {name: a}\nspec: {config: {x: &x {deep: 1}, y: *x}}\n`;
  t.deepEqual(codes(text), []);
  t.deepEqual(codes('a: &x [*x]'), ['ALIAS_LOOP']);
});

for (const [name, text, code] of [
  ['an alias bomb', bomb(9), 'TOO_MANY_VALUES'],
  ['a file of 10 MB', new Uint8Array(10_000_000), 'FILE_TOO_LARGE'],
  ['lists that nest without end', '['.repeat(900_000), 'TOO_DEEP'],
  ['maps that nest without end', '{a: '.repeat(200_000), 'TOO_DEEP'],
  ['keys of keys without end', '? '.repeat(400_000), 'TOO_DEEP'],
  ['aliases without end', `a: &x 1\n${'- *x\n'.repeat(5000)}`.replace('a: &x 1\n', '- &x 1\n'), 'TOO_MANY_ALIASES'],
] as const) {
  test(`${name} is refused at once`, (t) => {
    const before = process.cpuUsage();
    t.deepEqual(codes(text), [code]);
    const { user, system } = process.cpuUsage(before);
    t.true(user + system < 500_000, `${(user + system) / 1000} ms`);
  });
}

test('a file with very many problems tells the first ones and how many more there are', (t) => {
  const text = Array.from({ length: 80 }, (_, index) => `---\nkind: k${index}\n`).join('');
  const { problems } = parseManifestFile(bytesOf(text));
  t.is(problems.length, 51);
  t.like(problems.at(-1), { code: 'MORE_PROBLEMS', message: 'and 110 more problems in this file' });
});

test('a file that is as large as it may be and broken is refused by what the first reader saw', (t) => {
  const begun = `${head}kind: Device\nmetadata: { name: a }\nspec:\n  x: `;
  // Looked for again at every character, or by the reader that knows places, each of these takes minutes.
  for (const [opening, rest] of Object.entries({ '|': '9', '[': ',', '"': '\\x' })) {
    t.is(parseManifestFile(bytesOf(begun + opening + rest.repeat(300_000))).problems.length, 1);
  }
  const wrong = `${head}kind: Device\nmetadata: { name: a }\nspec: { speed: 1 }\n`;
  t.regex(told(wrong + '#'.repeat(200_000))[0]!, /^1:1 UNKNOWN_FIELD .*speed.*nobody looks where/);
});

test('a text too broken to be read that could declare very many manifests is taken for any of them', (t) => {
  const names = (count: number): string => Array.from({ length: count }, (_, n) => `name: n${n}\n`).join('');
  t.is(parseManifestFile(bytesOf(`kind: Device\n${names(900)}x: [`)).broken.length, 900);
  t.deepEqual(parseManifestFile(bytesOf(`kind: Device\n${names(1_001)}x: [`)).broken, [{}]);
});

test('no bytes make the parser throw, and every problem has a line', (t) => {
  const pieces = fc.constantFrom(
    'a',
    ': ',
    '\n',
    '  ',
    '\t',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '&x',
    '*x',
    '!!str ',
    '|',
    '>',
    '#',
    '---\n',
    '%',
    '?',
    ',',
    '\u0000',
    '\ud800',
    'kind: Site\n',
    head,
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(pieces, { maxLength: 60 }).map((parts) => bytesOf(parts.join(''))),
        fc.uint8Array({ maxLength: 80 }),
      ),
      (bytes) => {
        for (const { line, column } of parseManifestFile(bytes).problems) {
          t.true(Number.isInteger(line) && line! >= 1 && Number.isInteger(column) && column! >= 1);
        }
      },
    ),
    { numRuns: 1500 },
  );
});

test('a parsed file survives the cache, and one with problems is not kept', (t) => {
  const parsed = parseManifestFile(
    bytesOf(`${device('a', { kind: 'ship' }, { config: { x: [1, null, 'y'] } })}---\n${site('b')}`),
  );
  t.deepEqual(decodeParsedFile(encodeParsedFile(parsed)!), parsed);
  t.is(encodeParsedFile(parseManifestFile(bytesOf('apiVersion: fleet/v1alpha1\nkind: x'))), undefined);
});

test('a cache entry that is damaged or does not meet the schemas is not believed', (t) => {
  t.is(decodeParsedFile(bytesOf('{')), undefined);
  t.is(decodeParsedFile(bytesOf('[null]')), undefined);
  t.is(decodeParsedFile(bytesOf('{"a":1}')), undefined);
  t.is(decodeParsedFile(bytesOf(JSON.stringify([{ document: 0, manifest: { kind: 'Site' } }]))), undefined);
  t.is(decodeParsedFile(Buffer.from([0xff])), undefined);
});
