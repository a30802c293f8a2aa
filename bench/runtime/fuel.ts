/** What the meter costs: kernels plain and metered, in turn; injection into large published modules, and what it adds to them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fuelContract } from '../../artifact/fuel/contract.ts';
import { injectFuel } from '../../artifact/fuel/inject.ts';
import { publishedFile } from '../delta/fetch.ts';
import { compileKernels, type Kernel } from './kernels.ts';
import type { Measured } from './main.ts';

const growth = { memoryPagesMax: 65_536, tableElementsMax: 10_000_000 };
const pairs = 400;
/** Shorter than the machine's own time slice, so that many runs are not cut short by somebody else's. */
const runMs = 2;
/** The engine compiles the rewriter in the first of them, where no module came before. */
const injections = 15;

const modules = [
  ['sql.js', '1.16.0', 'dist/sql-wasm.wasm'],
  ['@jitl/quickjs-wasmfile-release-sync', '0.32.0', 'dist/emscripten-module.wasm'],
  ['@rollup/wasm-node', '4.68.4', 'dist/wasm-node/bindings_wasm_bg.wasm'],
  ['web-tree-sitter', '0.27.1', 'web-tree-sitter.wasm'],
  ['@resvg/resvg-wasm', '2.6.2', 'index_bg.wasm'],
  ['wasm-vips', '0.0.19', 'lib/vips.wasm'],
  ['@astrojs/compiler', '4.0.0', 'dist/astro.wasm'],
  ['pyodide', '314.0.7', 'pyodide.asm.wasm'],
  ['esbuild-wasm', '0.28.2', 'esbuild.wasm'],
] as const;

interface KernelRow {
  readonly name: string;
  readonly plainMs: number;
  /** Time of the metered kernel by that of the plain one, each of a run that nobody disturbed. */
  readonly time: number;
  readonly fuelPerSecond: number;
  readonly bytes: number;
  readonly size: number;
}

interface ModuleRow {
  readonly name: string;
  readonly bytes: number;
  readonly size: number;
  readonly megabytesPerSecond: number;
  /** Of its first injection in this process, which is the only one on a device. */
  readonly firstMegabytesPerSecond: number;
  readonly valid: boolean;
}

/** Measures kernels and modules whose name has one of these words, or all. */
export async function measure(words: readonly string[], tell: (line: string) => void): Promise<Measured> {
  const chosen = ({ name }: { readonly name: string }): boolean =>
    words.length === 0 || words.some((word) => name.includes(word));
  const kernels: KernelRow[] = [];
  for (const kernel of (await compileKernels(tell)).filter(chosen)) kernels.push(await measureKernel(kernel));
  const large = modules.map(([name, version, file]) => ({ name, version, file })).filter(chosen);
  const rows = large.map(({ name, version, file }) => measureModule(name, publishedFile(name, version, file)));
  return { text: textOf(kernels, rows), data: { kernels, modules: rows, summary: summaryOf(kernels, rows) } };
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** What a run takes that nobody disturbed: the shortest tenth. */
function undisturbed(took: readonly number[]): number {
  return took.toSorted((a, b) => a - b)[Math.floor(took.length / 10)] ?? Number.NaN;
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

interface Running {
  run(rounds: number): number;
  spent(): bigint;
}

/** What a metered module has besides its exports. */
type Counters = Readonly<Record<string, WebAssembly.Global<number | bigint> | undefined>>;

/** For modules that have their memory from outside: room for what kernels do. */
const memoryPages = { initial: 512, maximum: 512 };

/** Whatever a kernel asks is granted, but for files, of which there are none. */
function hostCall(name: string): () => number {
  return () => (name.startsWith('__syscall_') ? -1 : 0);
}

function start(bytes: Uint8Array, drive: Kernel['drive']): Running {
  const fuel = 1n << 60n;
  const out = (): void => {
    throw new Error('the fuel is gone, which was to last');
  };
  const module = new WebAssembly.Module(bytes);
  const memory = new WebAssembly.Memory(memoryPages);
  const imports: Record<string, Record<string, unknown>> = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = from === fuelContract.module ? out : kind === 'memory' ? memory : hostCall(name);
  }
  const { exports } = new WebAssembly.Instance(module, imports);
  const { [fuelContract.left]: left, [fuelContract.stack]: stack } = exports as unknown as Counters;
  if (left !== undefined) left.value = fuel;
  if (stack !== undefined) stack.value = 640 * 1024;
  for (const name of [fuelContract.start, '_initialize']) (exports[name] as (() => void) | undefined)?.();
  const run = drive?.(exports, memory) ?? (exports.run as Running['run']);
  return { run, spent: () => fuel - (left?.value as bigint) };
}

async function measureKernel({ name, bytes, drive }: Kernel): Promise<KernelRow> {
  const metered = injectFuel(bytes, growth);
  const both = [start(bytes, drive), start(metered, drive)] as const;
  // Both get warm: what is hot is compiled anew behind their backs.
  const results = both.map(({ run }) => Array.from({ length: 10 }, (_, rounds) => run(rounds % 3)).join());
  if (results[0] !== results[1]) throw new Error(`${name} gives other results when it is metered`);
  await sleep(200);
  const rounds = roundsFor(both[0].run);
  const took: [number[], number[]] = [[], []];
  const spentBefore = both[1].spent();
  for (let pair = 0; pair < pairs; pair++) {
    for (const which of pair % 2 ? ([0, 1] as const) : ([1, 0] as const)) {
      const beganMs = performance.now();
      both[which].run(rounds);
      took[which].push(performance.now() - beganMs);
    }
  }
  const [plainMs, meteredMs] = [undisturbed(took[0]), undisturbed(took[1])];
  return {
    name,
    plainMs,
    time: meteredMs / plainMs,
    fuelPerSecond: (Number(both[1].spent() - spentBefore) / pairs / meteredMs) * 1000,
    bytes: bytes.length,
    size: metered.length / bytes.length,
  };
}

/** How many rounds take about `runMs`. */
function roundsFor(run: Running['run']): number {
  for (let rounds = 1; ; rounds *= 2) {
    const beganMs = performance.now();
    run(rounds);
    const tookMs = performance.now() - beganMs;
    if (tookMs >= runMs / 2) return Math.max(1, Math.round((rounds * runMs) / tookMs));
  }
}

function measureModule(name: string, bytes: Uint8Array): ModuleRow {
  let metered = bytes;
  const took = Array.from({ length: injections }, () => {
    const before = cpuMs();
    metered = injectFuel(bytes, growth);
    return cpuMs() - before;
  });
  return {
    ...{ name, bytes: bytes.length, size: metered.length / bytes.length },
    megabytesPerSecond: bytes.length / 1000 / median(took),
    firstMegabytesPerSecond: bytes.length / 1000 / took[0]!,
    valid: WebAssembly.validate(metered),
  };
}

function summaryOf(kernels: readonly KernelRow[], rows: readonly ModuleRow[]) {
  const times = kernels.map(({ time }) => time);
  return {
    timeMedian: median(times),
    timeWorst: Math.max(...times),
    sizeMedianOfModules: median(rows.map(({ size }) => size)),
    sizeWorstOfModules: Math.max(...rows.map(({ size }) => size)),
    megabytesPerSecondMedian: median(rows.map(({ megabytesPerSecond }) => megabytesPerSecond)),
  };
}

function textOf(kernels: readonly KernelRow[], rows: readonly ModuleRow[]): string {
  const line = (cells: readonly string[]): string =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(40) : cell.padStart(13))).join('');
  const { timeMedian, timeWorst, sizeMedianOfModules, megabytesPerSecondMedian } = summaryOf(kernels, rows);
  return [
    line(['kernel', 'plain ms', 'metered', 'Mfuel/s', 'bytes', 'size']),
    ...kernels.map(({ name, plainMs, time, fuelPerSecond, bytes, size }) =>
      line([
        name,
        plainMs.toFixed(2),
        time.toFixed(3),
        (fuelPerSecond / 1e6).toFixed(0),
        String(bytes),
        size.toFixed(3),
      ]),
    ),
    line(['module', 'MB/s', 'first MB/s', 'valid', 'bytes', 'size']),
    ...rows.map(({ name, bytes, size, megabytesPerSecond, firstMegabytesPerSecond, valid }) =>
      line([
        name,
        megabytesPerSecond.toFixed(1),
        firstMegabytesPerSecond.toFixed(1),
        String(valid),
        String(bytes),
        size.toFixed(3),
      ]),
    ),
    `time: median ${timeMedian.toFixed(3)}, worst ${timeWorst.toFixed(3)}; size of modules: median ${sizeMedianOfModules.toFixed(3)}; injection: median ${megabytesPerSecondMedian.toFixed(1)} MB/s`,
    '',
  ].join('\n');
}
