/**
 * Our deltas beside the general ones, on pairs of published modules: bytes of each, ours against the best other of the
 * pair, and what decoding takes. Every result is applied and compared.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { encodeDelta } from '../../artifact/delta/encode.ts';
import { inspectDelta } from '../../artifact/delta/inspect.ts';
import { publishedFile } from './fetch.ts';
import { others } from './others.ts';
import { type Pair, pairs } from './pairs.ts';

interface Row {
  readonly pair: Pair;
  readonly bytes: number;
  readonly method: string;
  readonly ours: number;
  readonly others: Readonly<Record<string, number>>;
  /** Ours by the best other. */
  readonly share: number;
  readonly encodeMs: number;
  readonly decodeCpuMs: number;
  readonly decodePeakMb: number;
}

const applier = fileURLToPath(new URL('../../.cache/bench/decode-child.mjs', import.meta.url));

async function bundleApplier(): Promise<void> {
  const entry = fileURLToPath(new URL('decode-child.ts', import.meta.url));
  await build({ entryPoints: [entry], outfile: applier, bundle: true, platform: 'node', format: 'esm', minify: true });
}

function decoding(old: Uint8Array, patch: Uint8Array, directory: string): { cpuMs: number; peakBytes: number } {
  const [from, by] = [join(directory, 'base'), join(directory, 'ours')];
  writeFileSync(from, old);
  writeFileSync(by, patch);
  return JSON.parse(execFileSync(process.execPath, [applier, from, by], { encoding: 'utf8' }));
}

function measure(pair: Pair, directory: string): Row {
  const [old, fresh] = [pair.from, pair.to].map((version) => publishedFile(pair.name, version, pair.file)) as [
    Uint8Array,
    Uint8Array,
  ];
  const startedAt = performance.now();
  const patch = encodeDelta(old, fresh);
  const encodeMs = performance.now() - startedAt;
  const sizes = Object.fromEntries(others.map(({ name, size }) => [name, size(old, fresh, directory)]));
  const { cpuMs, peakBytes } = decoding(old, patch, directory);
  return {
    pair,
    bytes: fresh.length,
    method: inspectDelta(patch).method,
    ours: patch.length,
    others: sizes,
    share: patch.length / Math.min(...Object.values(sizes)),
    encodeMs: Math.round(encodeMs),
    decodeCpuMs: Math.round(cpuMs),
    decodePeakMb: Math.round(peakBytes / 1e5) / 10,
  };
}

const columns = [42, 10, 9, ...others.map(() => 10), 7, 8, 8, 8];
const line = (cells: readonly string[]): string =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(columns[i]!) : cell.padStart(columns[i]!))).join(' ');

function lineOf(row: Row): string {
  const { pair, bytes, ours, share, encodeMs, decodeCpuMs, decodePeakMb } = row;
  const title = `${pair.name.split('/').at(-1)} ${pair.from} → ${pair.to}${pair.tuned ? '' : ' *'}`;
  const figures = [bytes, ours, ...Object.values(row.others)].map(String);
  return line([title, ...figures, share.toFixed(3), ...[encodeMs, decodeCpuMs, decodePeakMb].map(String)]);
}

function mean(name: string, rows: readonly Row[]): string {
  const share = Math.exp(rows.reduce((sum, row) => sum + Math.log(row.share), 0) / rows.length);
  return `${name}, ${rows.length} pairs: ${share.toFixed(3)} of the best other`;
}

/** Runs the benchmark; words choose the packages whose name contains one of them. */
export async function run({
  json,
  words,
}: {
  readonly json: boolean;
  readonly words: readonly string[];
}): Promise<void> {
  await bundleApplier();
  const directory = mkdtempSync(join(tmpdir(), 'fleet-delta-'));
  const rows: Row[] = [];
  const head = [
    'pair (* not tuned on)',
    'bytes',
    'ours',
    ...others.map(({ name }) => name),
    'share',
    'enc ms',
    'dec ms',
    'dec MB',
  ];
  try {
    if (!json) process.stdout.write(`${line(head)}\n`);
    for (const pair of pairs.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))) {
      const row = measure(pair, directory);
      rows.push(row);
      if (!json) process.stdout.write(`${lineOf(row)}\n`);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  if (json) process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
  else {
    const groups: readonly [string, readonly Row[]][] = [
      ['all pairs', rows],
      ['small steps', rows.filter(({ pair }) => pair.small)],
      ['not tuned on', rows.filter(({ pair }) => !pair.tuned)],
    ];
    for (const [name, chosen] of groups) if (chosen.length > 0) process.stdout.write(`${mean(name, chosen)}\n`);
    process.stdout.write(`worst pair: ${Math.max(...rows.map(({ share }) => share)).toFixed(3)}\n`);
  }
}
