/**
 * `npm run bench -- delta [WORD...] [--json]`: our delta beside general ones over pairs of published versions. A word is
 * part of a package's name, a set (`tuning`, `checking`), or `quick` (the pairs of the starting list below 1 MB).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { encodeDelta } from '../../artifact/delta/encode.ts';
import { inspectDelta } from '../../artifact/delta/inspect.ts';
import { fetchModule } from './fetch.ts';
import { type Pair, pairs } from './pairs.ts';
import { brotliSize, rivals } from './rivals.ts';

type Row = {
  readonly pair: string;
  readonly language: string;
  readonly set: Pair['set'];
  readonly small: boolean;
  readonly newBytes: number;
  readonly whole: number;
  readonly others: Readonly<Record<string, number>>;
  readonly ours: number;
  readonly method: string;
  /** Ours as a part of the best other delta of the pair. */
  readonly relative: number;
  readonly encodeCpuMs: number;
  readonly decodeCpuMs: number;
  readonly decodePeakMb: number;
};

/** As the agent's systemd unit has them. */
const unitFlags = ['--max-semi-space-size=1', '--v8-pool-size=1'];
const quickBytesMax = 1_000_000;

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

// One file without types, as the agent's is on a device.
const bundleDecoder = (folder: string): string => {
  const outfile = join(folder, 'decode-child.mjs');
  const entry = fileURLToPath(new URL('decode-child.ts', import.meta.url));
  buildSync({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', outfile });
  return outfile;
};

const measure = (pair: Pair, old: Buffer, fresh: Buffer, folder: string, decoder: string): Row => {
  const others: Record<string, number> = {};
  for (const { name, size } of rivals) others[name] = size(folder, old, fresh);
  const startedAt = cpuMs();
  const patch = encodeDelta(old, fresh, { effort: 'balanced' });
  const encodeCpuMs = cpuMs() - startedAt;
  const paths = ['old', 'patch', 'made'].map((name) => join(folder, name));
  writeFileSync(paths[0]!, old);
  writeFileSync(paths[1]!, patch);
  const decoded = JSON.parse(execFileSync(process.execPath, [...unitFlags, decoder, ...paths], { encoding: 'utf8' }));
  if (!readFileSync(paths[2]!).equals(fresh)) throw new Error(`${pair.name}: our patch does not lead back`);
  return {
    pair: `${pair.name} ${pair.from} → ${pair.to}`,
    language: pair.language,
    set: pair.set,
    small: pair.small,
    newBytes: fresh.length,
    whole: brotliSize(fresh),
    others,
    ours: patch.length,
    method: inspectDelta(patch).method,
    relative: patch.length / Math.min(...Object.values(others)),
    encodeCpuMs,
    decodeCpuMs: decoded.cpuMs,
    decodePeakMb: decoded.peakMb,
  };
};

const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

const header = [
  'pair'.padEnd(58),
  ...['new', 'brotli', ...rivals.map(({ name }) => name), 'ours'].map((name) => name.padStart(10)),
  ' of best  encode   decode      peak',
].join('');

const line = (row: Row): string =>
  [
    `${row.small ? 'small' : 'large'} ${row.pair}`.padEnd(58),
    ...[row.newBytes, row.whole, ...Object.values(row.others), row.ours].map((bytes) => String(bytes).padStart(10)),
    row.relative.toFixed(3).padStart(9),
    `${(row.encodeCpuMs / 1000).toFixed(1)} s`.padStart(8),
    `${Math.round(row.decodeCpuMs)} ms`.padStart(9),
    `${Math.round(row.decodePeakMb)} MB`.padStart(10),
  ].join('');

const summaries = (rows: readonly Row[]): Record<string, number> => {
  const groups: Record<string, readonly Row[]> = {
    'small steps': rows.filter(({ small }) => small),
    'all pairs': rows,
    'tuning set': rows.filter(({ set }) => set === 'tuning'),
    'checking set': rows.filter(({ set }) => set === 'checking'),
  };
  const filled = Object.entries(groups).filter(([, group]) => group.length > 0);
  return {
    ...Object.fromEntries(filled.map(([name, group]) => [name, geometricMean(group.map(({ relative }) => relative))])),
    'worst pair': Math.max(...rows.map(({ relative }) => relative)),
  };
};

const chosen = (words: readonly string[]): readonly Pair[] => {
  const named = words.filter((word) => word !== 'quick');
  return pairs.filter(
    ({ name, set }) => named.length === 0 || named.some((word) => word === set || name.includes(word)),
  );
};

/** Measures the chosen pairs and prints them. */
export const run = async ({
  json,
  words,
}: {
  readonly json: boolean;
  readonly words: readonly string[];
}): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-delta-'));
  try {
    const rows: Row[] = [];
    const decoder = bundleDecoder(folder);
    if (!json) console.log(header);
    for (const pair of chosen(words)) {
      const old = fetchModule(pair.name, pair.from, pair.file);
      const fresh = fetchModule(pair.name, pair.to, pair.file);
      if (words.includes('quick') && (pair.set === 'checking' || fresh.length > quickBytesMax)) continue;
      const row = measure(pair, old, fresh, folder, decoder);
      rows.push(row);
      if (!json) console.log(line(row));
    }
    if (json) console.log(JSON.stringify({ rows, summary: summaries(rows) }, undefined, 2));
    else {
      console.log('\nours as a part of the best other delta of each pair, geometric means:');
      for (const [name, value] of Object.entries(summaries(rows)))
        console.log(`  ${name.padEnd(14)} ${value.toFixed(3)}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
