import test from 'ava';
import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import type { Plan } from '../../../cli/render/plan.ts';
import { planMarkdown, refusalMarkdown } from '../../../cli/render/plan-markdown.ts';
import type { DeviceChange } from '../../../controller/planning/compare.ts';
import type { PlannedTransfer, Problem } from '../../../schemas/generated/types.ts';

/** GitHub's limit for a comment. */
const githubLengthMax = 65_536;

/** Texts that would do something in Markdown, and any others. */
const hostile = fc.oneof(
  fc.constantFrom(
    ...['`', '``', '```', '|', '\\|', '\\', '`|`', '</details>', '<img src=x onerror=alert(1)>', '<!--', '-->'],
    ...['[a](https://evil.example)', '![](https://evil.example/x.png)', '@everyone', '#1', 'www.evil.example', '$`x`$'],
    ...[
      'a\n\n# A heading',
      '\r\n/merge',
      '\n| a | b |',
      '\u2028- [ ] a task',
      '&#96;',
      '[^1]',
      '**',
      '~~',
      '\t',
      ' ',
      '',
    ],
  ),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc
    .array(fc.constantFrom('`', '|', '\\', '\n', ' ', 'a', '<', '&'), { maxLength: 9 })
    .map((letters) => letters.join('')),
);

/** A plan in which every text of manifests and commits is one of these. */
function planOf(text: (at: number) => string, count = 1): Plan {
  const problem: Problem = { file: text(0), line: 3, column: 1, code: 'ODD', message: text(1) };
  const device = (at: number): DeviceChange => ({
    ...{ device: text(2 + at), site: text(3), fleet: text(4), kind: 'hold', cause: 'HELD', message: text(5) },
    applications: [{ name: text(6), from: text(7), to: text(8), settings: false }],
    ...{ attributes: [{ name: 'hold', to: text(9) }], isStripped: true, fetches: [] },
  });
  const use = { links: [text(10)], bytes: 1, seconds: 1, price: 2, currency: 'EUR' };
  const transfer: PlannedTransfer = {
    ...{ fleet: text(11), site: text(12), devices: 1, bytes: 1, bytesWhole: 2, cheapest: use, dearest: use },
  };
  const each = <T>(one: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => one(at));
  const commit = {
    id: 'abcdef0123'.padEnd(40, '0'),
    subject: text(13),
    author: text(14),
    committedAt: '2026-06-01T08:00:00.000Z',
  };
  return {
    fleetVersion: '0.1.0',
    base: { name: text(15) },
    next: { name: text(16), commit },
    change: {
      devices: each(device),
      fleets: each((at) => ({ fleet: text(4 + at), devices: 1, deploying: 0, holding: 1, gone: 0 })),
    },
    prices: new Map(),
    whole: each((at) => ({
      ...{ fleet: text(4 + at), wave: text(18), terms: 'ask', devices: [text(2 + at)], bytes: 1 },
      prices: [{ currency: 'EUR', cheapest: 1, dearest: 1 }],
    })),
    transfers: each(() => transfer),
    policy: { problems: [problem], notes: each(() => problem) },
    warnings: each(() => problem),
    notes: [problem],
    unknownBecause: text(17),
  };
}

/** What stays of a comment without the code in it, as GitHub would make it. */
function skeleton(markdown: string): string {
  const html = micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });
  return html.replaceAll(/<code>[^<]*<\/code>/g, '<code/>');
}

test('whatever texts of others say, the comment keeps its form, and nothing of theirs stands outside of code', (t) => {
  const harmless = skeleton(planMarkdown(planOf(() => 'x')));
  t.regex(harmless, /<details>.*<table>.*<\/details>/s);
  const refused = skeleton(refusalMarkdown('x', planOf(() => 'x').warnings, '0.1.0'));
  fc.assert(
    fc.property(fc.array(hostile, { minLength: 18, maxLength: 18 }), (texts) => {
      const text = (at: number): string => texts[at % texts.length]!;
      t.is(skeleton(planMarkdown(planOf(text))), harmless);
      t.is(skeleton(refusalMarkdown(text(0), planOf(text).warnings, '0.1.0')), refused);
    }),
    { numRuns: 100 },
  );
});

test('no line of a comment begins with a text of others', (t) => {
  const lines = planMarkdown(planOf(() => '\n/merge\n', 3)).split('\n');
  t.true(lines.length > 20);
  t.deepEqual(
    lines.filter((line) => /^\s*`?\/?merge/.test(line)),
    [],
  );
});

test('a comment on any number of changes, problems and long names is within what GitHub takes, and says what it leaves out', (t) => {
  for (const letter of ['x', '|', '\u{1f6a2}']) {
    const long = planOf((at) => `${at}${letter.repeat(999)}`, 1000);
    const markdown = planMarkdown(long);
    t.true(markdown.length < githubLengthMax - 4000, String(markdown.length));
    t.true(markdown.length > 40_000, String(markdown.length));
    t.regex(markdown, /\nand 9\d\d more\n/);
    t.regex(markdown, /Planned by fleet `0\.1\.0`/);
    t.true(refusalMarkdown(letter.repeat(5000), long.warnings, '0.1.0').length < githubLengthMax / 2);
  }
});

test('a comment on a plan without changes says so and has no tables of devices', (t) => {
  const plan = {
    ...planOf(() => 'x'),
    change: { devices: [], fleets: [] },
    transfers: [],
    warnings: [],
    notes: [],
    policy: { problems: [], notes: [] },
  };
  const markdown = planMarkdown(plan);
  t.regex(markdown, /^## Fleet plan\n\n\*\*Nothing changes on any device\.\*\*\n/);
  t.notRegex(markdown, /\||<details>/);
});
