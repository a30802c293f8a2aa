/**
 * The form of whole modules that knows Wasm beside brotli and xz, on modules that it was tuned on and on others: bytes of each,
 * and what decoding takes. Every result is compared with the module.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { packBrotli } from '../../artifact/delta/brotli.ts';
import { nodeFlags } from '../../device-agent/node-flags.ts';
import { buildKernel } from './build.ts';
import { chooseModules, type WholeModule } from './modules.ts';
import { train } from './train.ts';

const usage = `[--json] [--modules WORD,...] [--build] [--train]; a word is a part of a module's name; --build compiles
the inner loop of the model, --train makes anew what it knows before its first bit`;

interface Cost {
  readonly cpuMs: number;
  readonly peakBytes: number;
  /** Units of work, as decoding counts them. */
  readonly units: number;
}

interface Row {
  readonly name: string;
  readonly isTunedOn: boolean;
  readonly bytes: number;
  readonly brotli: number;
  readonly xz: number | undefined;
  readonly ours: number;
  readonly decoding: Cost;
}

function xzBytes(file: Uint8Array): number | undefined {
  try {
    return execFileSync('xz', ['-9e', '--stdout'], { input: file, maxBuffer: 2 ** 28 }).length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function bundleWork(directory: string): Promise<string> {
  const entry = fileURLToPath(new URL('work.ts', import.meta.url));
  const outfile = `${directory}/work.mjs`;
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', minify: true });
  return outfile;
}

function measure({ name, isTunedOn, open }: WholeModule, program: string, directory: string): Row {
  const file = open();
  const [from, coded, to] = ['module', 'coded', 'decoded'].map((part) => `${directory}/${part}`) as [
    string,
    string,
    string,
  ];
  writeFileSync(from, file);
  const run = (...words: string[]): Cost =>
    JSON.parse(execFileSync(process.execPath, [...nodeFlags, program, ...words], { encoding: 'utf8' }));
  run('encode', from, coded);
  const decoding = run('decode', coded, to, String(file.length));
  if (Buffer.compare(readFileSync(to), file) !== 0) throw new Error(`${name} did not come back as it was`);
  const ours = readFileSync(coded).length;
  return {
    name,
    isTunedOn,
    bytes: file.length,
    brotli: packBrotli(file, 11).length,
    xz: xzBytes(file),
    ours,
    decoding,
  };
}

const head = `${'module (* only measured)'.padEnd(52)}${['bytes', 'brotli', 'xz', 'ours', 'of brotli', 's a MB', 'peak MiB', 'units/B'].map((cell) => cell.padStart(10)).join('')}\n`;

function lineOf({ name, isTunedOn, bytes, brotli, xz, ours, decoding }: Row): string {
  const cells = [
    ...[bytes, brotli, xz ?? '–', ours].map(String),
    (ours / brotli).toFixed(3),
    ((1000 * decoding.cpuMs) / bytes).toFixed(2),
    (decoding.peakBytes / 2 ** 20).toFixed(0),
    (decoding.units / bytes).toFixed(0),
  ];
  return `${`${name}${isTunedOn ? '' : ' *'}`.padEnd(52)}${cells.map((cell) => cell.padStart(10)).join('')}\n`;
}

const meanOf = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

function summaryOf(rows: readonly Row[]): string {
  return [true, false]
    .map((isTunedOn) => ({ isTunedOn, chosen: rows.filter((row) => row.isTunedOn === isTunedOn) }))
    .filter(({ chosen }) => chosen.length > 0)
    .map(({ isTunedOn, chosen }) => {
      const mean = meanOf(chosen.map(({ ours, brotli }) => ours / brotli)).toFixed(3);
      return `of brotli, geometric mean over ${chosen.length} modules ${isTunedOn ? 'that it was tuned on' : 'that were only measured'}: ${mean}\n`;
    })
    .join('');
}

/** Runs the benchmark and prints it, as a table or as JSON. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      build: { type: 'boolean', default: false },
      train: { type: 'boolean', default: false },
      modules: { type: 'string', default: '' },
    },
  });
  const modules = chooseModules(values.modules.split(',').filter(Boolean));
  if (values.help || modules.length === 0) throw new TypeError(usage);
  if (values.build) process.stdout.write(`an inner loop of ${await buildKernel()} bytes\n`);
  if (values.train) process.stdout.write(`priors of ${train()} characters\n`);
  const directory = mkdtempSync(`${tmpdir()}/fleet-whole-`);
  const rows: Row[] = [];
  try {
    const program = await bundleWork(directory);
    if (!values.json) process.stdout.write(head);
    for (const module of modules) {
      const row = measure(module, program, directory);
      rows.push(row);
      if (!values.json) process.stdout.write(lineOf(row));
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  process.stdout.write(values.json ? `${JSON.stringify(rows, undefined, 2)}\n` : summaryOf(rows));
}
