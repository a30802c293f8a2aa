import type { Row } from './measure.ts';
import type { Method } from './others.ts';

const megabyte = 1 << 20;
const titleWidth = 64;

/** Ours by the best other delta of the pair. */
export const shareOf = ({ ours, bestOther }: Row): number => ours / bestOther;

const line = (title: string, cells: readonly string[]): string =>
  `${title.padEnd(titleWidth)}${cells.map((cell) => cell.padStart(11)).join('')}\n`;

/** The head of the table. */
export const headOf = (others: readonly Method[]): string =>
  line('pair (* not tuned on, + small step)', [
    ...['new', 'ours', ...others.map(({ name }) => name), 'of best'],
    ...['enc CPU s', 'enc MB', 'dec CPU s', 'dec MB', 'method'],
  ]);

/** One pair as a line of the table. */
export function lineOf(row: Row): string {
  const { pair, newBytes, ours, others, encoding, decoding, method } = row;
  const module = pair.file
    .split('/')
    .at(-1)!
    .replace(/\.wasm$/, '');
  const name = `${pair.name.split('/').at(-1)} ${pair.from} → ${pair.to}`;
  const costs = [encoding, decoding].flatMap(({ cpuMs, peakBytes }) => [
    (cpuMs / 1000).toFixed(2),
    (peakBytes / megabyte).toFixed(0),
  ]);
  return line(`${name} ${module}`.slice(0, titleWidth - 4) + (pair.tuned ? ' ' : ' *') + (pair.small ? '+' : ''), [
    ...[newBytes, ours, ...Object.values(others)].map(String),
    ...[shareOf(row).toFixed(3), ...costs, method],
  ]);
}

/** Geometric means of each way's bytes by the best other delta of the pair. */
export function meansOf(rows: readonly Row[]): Readonly<Record<string, number>> {
  const mean = (bytes: (row: Row) => number): number =>
    Math.exp(rows.reduce((sum, row) => sum + Math.log(bytes(row) / row.bestOther), 0) / rows.length);
  const names = Object.keys(rows[0]?.others ?? {});
  return {
    ours: mean(({ ours }) => ours),
    ...Object.fromEntries(names.map((name) => [name, mean(({ others }) => others[name]!)])),
  };
}

/** Groups of rows that means are taken over. */
export const groupsOf = (rows: readonly Row[]): Readonly<Record<string, readonly Row[]>> => ({
  'small steps': rows.filter(({ pair }) => pair.small),
  'all pairs': rows,
  'small steps not tuned on': rows.filter(({ pair }) => pair.small && !pair.tuned),
  'all pairs not tuned on': rows.filter(({ pair }) => !pair.tuned),
});

const nameOf = ({ name, from, to }: Row['pair']): string => `${name} ${from} → ${to}`;

/** What stands below the table: means, the worst pair, the dearest pairs. */
export function summaryOf(rows: readonly Row[]): string {
  const most = (of: (row: Row) => number): Row => rows.reduce((one, other) => (of(other) > of(one) ? other : one));
  const lines = Object.entries(groupsOf(rows))
    .filter(([, chosen]) => chosen.length > 0)
    .map(([group, chosen]) => {
      const means = Object.values(meansOf(chosen)).map((mean) => mean.toFixed(3));
      return line(`of the best other, geometric mean; ${group}`, [String(chosen.length), ...means]);
    });
  const worst = most((row) => row.ours - row.bestOther);
  const slowest = most(({ decoding }) => decoding.cpuMs);
  const largest = most(({ decoding }) => decoding.peakBytes);
  const dearest = most(({ encoding }) => encoding.cpuMs);
  const excess = worst.ours - worst.bestOther;
  return [
    '\n',
    ...lines,
    `\nworst pair: ${nameOf(worst.pair)}: ${Math.abs(excess)} B ${excess > 0 ? 'more' : 'less'} than the best other\n`,
    `most CPU to decode: ${(slowest.decoding.cpuMs / 1000).toFixed(2)} s, ${nameOf(slowest.pair)}\n`,
    `most memory to decode: ${(largest.decoding.peakBytes / megabyte).toFixed(0)} MB, ${nameOf(largest.pair)}\n`,
    `most CPU to encode: ${(dearest.encoding.cpuMs / 1000).toFixed(1)} s, ${nameOf(dearest.pair)}\n`,
  ].join('');
}
