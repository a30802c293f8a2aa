import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { publishedFile } from '../delta/fetch.ts';
import { edited, renumbered } from './edits.ts';

/** Two versions of a module. */
export interface Subject {
  readonly name: string;
  /** Needs nothing that has to be fetched, and little time. */
  readonly isQuick: boolean;
  open(): readonly [old: Uint8Array, fresh: Uint8Array];
}

const examples = fileURLToPath(new URL('../../fleet-examples', import.meta.url));
const example = (file: string): Uint8Array => readFileSync(`${examples}/${file}.wasm`);
const beacon = 'harbor/apps/position-beacon/position-beacon';
const tide = 'harbor/apps/tide-logger/tide-logger';

const steps: readonly Subject[] = [[beacon, '1.0.0', '1.1.0'] as const, [tide, '1.0.0', '1.1.0'] as const].map(
  ([file, from, to]) => ({
    name: `${file.split('/').at(-1)} ${from} → ${to}`,
    isQuick: true,
    open: () => [example(`${file}-${from}`), example(`${file}-${to}`)],
  }),
);

const publishedSteps: readonly Subject[] = [
  ['web-tree-sitter', 'web-tree-sitter.wasm', '0.27.0', '0.27.1'] as const,
  ['sql.js', 'dist/sql-wasm.wasm', '1.15.2', '1.16.0'] as const,
  ['sql.js', 'dist/sql-wasm.wasm', '1.13.0', '1.16.0'] as const,
  ['@resvg/resvg-wasm', 'index_bg.wasm', '2.6.1', '2.6.2'] as const,
  ['wasm-vips', 'lib/vips.wasm', '0.0.18', '0.0.19'] as const,
  ['lightningcss-wasm', 'lightningcss_node.wasm', '1.32.0', '1.33.0'] as const,
].map(([name, file, from, to]) => ({
  name: `${name} ${from} → ${to}`,
  isQuick: false,
  open: () => [publishedFile(name, from, file), publishedFile(name, to, file)],
}));

const smallModules = [
  'engine-room/apps/logbook/logbook-1.0.0',
  `${beacon}-1.0.0`,
  'engine-room/apps/pressure-alarm/pressure-alarm-1.0.0',
];

/** The smallest step there is, and one that changes every number. */
const changed: readonly Subject[] = smallModules.flatMap((file) => {
  const name = file.split('/').at(-1);
  return [
    { name: `${name}, one constant`, isQuick: true, open: () => [example(file), edited(example(file))] as const },
    { name: `${name}, all moved`, isQuick: true, open: () => [example(file), renumbered(example(file))] as const },
  ];
});

const largeChanged: readonly Subject[] = publishedSteps.map(({ name, open }) => ({
  name: `${name.split(' → ')[0]}, one constant`,
  isQuick: false,
  open: () => [open()[0], edited(open()[0])],
}));

/** Modules of 5 kB to 16 MB, by steps of a few bytes to a hundred kilobytes. */
export function choose(words: readonly string[], quick: boolean): readonly Subject[] {
  const all = [...changed, ...steps, ...publishedSteps, ...largeChanged];
  return all.filter(({ name, isQuick }) =>
    words.length > 0 ? words.some((word) => name.includes(word)) : isQuick || !quick,
  );
}
