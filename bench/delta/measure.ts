import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { DeltaEffort } from '../../artifact/delta/encode.ts';
import { inspectDelta } from '../../artifact/delta/inspect.ts';
import { nodeFlags } from '../../device-agent/node-flags.ts';
import { publishedFile } from './fetch.ts';
import { type Method, right } from './others.ts';
import type { Pair } from './pairs.ts';

/** CPU of a whole process from its start to its result, and the most memory it ever held. */
export interface Cost {
  readonly cpuMs: number;
  readonly peakBytes: number;
}

/** What one pair gave. */
export interface Row {
  readonly pair: Pair;
  readonly oldBytes: number;
  readonly newBytes: number;
  readonly method: string;
  readonly ours: number;
  /** Bytes by the name of the method; the whole module, packed without the old one, is no delta. */
  readonly others: Readonly<Record<string, number>>;
  readonly bestOther: number;
  readonly encoding: Cost;
  readonly decoding: Cost;
}

/** Bundles the program that encodes and decodes, as a device carries its decoder; gives its path in the directory. */
export async function bundleWork(directory: string): Promise<string> {
  const entry = fileURLToPath(new URL('work.ts', import.meta.url));
  const outfile = `${directory}/work.mjs`;
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', minify: true });
  return outfile;
}

const costOf = (flags: readonly string[], words: readonly string[]): Cost =>
  JSON.parse(execFileSync(process.execPath, [...flags, ...words], { encoding: 'utf8' }));

/** What is the same for all pairs of a run. */
export interface Workbench {
  readonly effort: DeltaEffort;
  readonly others: readonly Method[];
  /** Where files go that are gone after the run. */
  readonly directory: string;
  /** The program of `bundleWork`. */
  readonly program: string;
}

/** Measures one pair by our way and the others; throws where one does not give the new module back. */
export function measure(pair: Pair, { effort, others, directory, program }: Workbench): Row {
  const old = publishedFile(pair.name, pair.from, pair.file);
  const fresh = publishedFile(pair.name, pair.to, pair.file);
  const file = (name: string): string => `${directory}/${name}`;
  writeFileSync(file('old'), old);
  writeFileSync(file('new'), fresh);
  const encoding = costOf([], [program, 'encode', file('old'), file('new'), file('patch'), effort]);
  const decoding = costOf(nodeFlags, [program, 'decode', file('old'), file('patch'), file('result')]);
  right(fresh, readFileSync(file('result')), 'ours');
  const patch = readFileSync(file('patch'));
  const sizes = others.map(({ name, isDelta, size }) => ({ name, isDelta, bytes: size(old, fresh, directory) }));
  return {
    pair,
    oldBytes: old.length,
    newBytes: fresh.length,
    method: inspectDelta(patch).method,
    ours: patch.length,
    others: Object.fromEntries(sizes.map(({ name, bytes }) => [name, bytes])),
    bestOther: Math.min(...sizes.filter(({ isDelta }) => isDelta).map(({ bytes }) => bytes)),
    encoding,
    decoding,
  };
}
