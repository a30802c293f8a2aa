/** The house rules as a test: what is banned where, how things are named, and that the papers tell the truth. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { root, sources, textOf, walk } from './sources.ts';

/** Outside platform/node, and what is that in a browser: what would make a run depend on the machine and the moment. */
const bannedGlobals: readonly { readonly pattern: RegExp; readonly instead: string }[] = [
  { pattern: /\bDate\.now\(|\bnew Date\(\)/, instead: 'the Clock port' },
  { pattern: /\bMath\.random\(/, instead: 'the Random port' },
  { pattern: /\b(setTimeout|setInterval)\(/, instead: 'the Clock port' },
  { pattern: /\bperformance\.now\(/, instead: 'the Clock port' },
  { pattern: /\b(randomBytes|randomUUID|getRandomValues)\(/, instead: 'the Random port' },
  { pattern: /\bglobalThis\.fetch\b|(?<![.\w#])fetch\((?!\{)/, instead: 'the Network port' },
];

test('time, chance and the network come only through ports', (t) => {
  const faults = sources
    .filter((file) => !file.startsWith('platform/node/') && file !== 'controller/page/browser.ts')
    .flatMap((file) =>
      textOf(file)
        .split('\n')
        .flatMap((line, index) =>
          bannedGlobals
            .filter(({ pattern }) => !/^\s*(\/\/|\*|\/\*)/.test(line) && pattern.test(line))
            .map(({ instead }) => `${file}:${index + 1} must use ${instead}: ${line.trim()}`),
        ),
    );
  t.deepEqual(faults, []);
});

test('names say what a thing is', (t) => {
  const vague = /(^|\/)(utils?|helpers?|common|misc|manager|index)(\.ts|\/|$)/;
  t.deepEqual(
    sources.filter((file) => vague.test(file)),
    [],
  );
});

test('every invariant of ARCHITECTURE.md is held by a test of the name it gives', (t) => {
  const tests = walk('test')
    .filter((file) => file.endsWith('.test.ts'))
    .map(textOf)
    .join('\n');
  const invariants = textOf('ARCHITECTURE.md')
    .split('## Invariants')[1]!
    .match(/^\d+\. /gm)!;
  const named = [...textOf('ARCHITECTURE.md').matchAll(/^ +— `([^`]+)`$/gm)].map(([, name]) => name!);
  t.is(named.length, invariants.length);
  t.deepEqual(
    named.filter((name) => !tests.includes(`'${name}'`)),
    [],
  );
});

test('every script of package.json runs files that are there', (t) => {
  const { scripts } = JSON.parse(textOf('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
  const files = Object.values(scripts).flatMap((script) => script.match(/[\w/.-]+\.(ts|sh)\b/g) ?? []);
  t.true(files.length > 0);
  t.deepEqual(
    files.filter((file) => statSync(join(root, file), { throwIfNoEntry: false }) === undefined),
    [],
  );
});

/** The lines after an `await using` to the end of its block, of which one returns a call that nobody waits for. */
function* returnedUnawaited(text: string): Generator<string> {
  for (const [, indent, rest] of text.matchAll(/^( *)await using .*\n((?:\1.*\n|\n)*)/gm))
    for (const line of rest!.split('\n'))
      if (line.startsWith(`${indent}return `) || /^ +if .* return /.test(line))
        if (/\breturn (?!await\b|new\b)[\w.#]+\(/.test(line)) yield line.trim();
}

test('what ends with its block is not closed before what is returned is done with it: that is awaited', (t) => {
  const faults = sources.flatMap((file) => Array.from(returnedUnawaited(textOf(file)), (line) => `${file}: ${line}`));
  t.deepEqual(faults, []);
});
