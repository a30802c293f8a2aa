/**
 * Published modules as a developer meets them: those that run do so in `fleet run`, and end where their fuel does; those that can
 * not are refused by `fleet release add`, in words that say what to do. Exits with 1 where one does otherwise.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { exitCodes } from '../../cli/exit-codes.ts';
import { publishedPackage } from '../delta/fetch.ts';
import { type Program, type PublishedFile, programs, type Refused, refused } from './catalogue.ts';
import { compiledSqlite } from './sqlite.ts';

const fleet = fileURLToPath(new URL('../../fleet', import.meta.url));
const megabyte = 1 << 20;

interface Use {
  readonly fuel: number;
  readonly peakMemoryBytes: number;
  readonly compileMs: number;
}

function pathOf({ name, version, integrity, file }: PublishedFile): string {
  return `${publishedPackage(name, version, integrity)}/${file}`;
}

function command(words: readonly string[], input = ''): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(fleet, words, { input, encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

/** Runs it in an empty directory. */
function runProgram(module: string, { options, args = [], input }: Program, scratch: string, more: readonly string[]) {
  const directory = mkdtempSync(join(scratch, 'run-'));
  const own = options.map((word) => word.replace(/^DIR(?=::)/, directory));
  return command(['run', ...own, ...more, module, '--', ...args], input);
}

/** What is wrong with how it runs; prints what it took. */
function faultOfProgram(program: Program, scratch: string): string | undefined {
  const published = pathOf(program.of);
  const module = program.isSource ? compiledSqlite(published) : published;
  if (module === undefined) return void process.stdout.write(`${program.title}: left out, there is no clang\n`);
  const startedMs = performance.now();
  const { code, stdout, stderr } = runProgram(module, program, scratch, ['--report']);
  const seconds = (performance.now() - startedMs) / 1000;
  if (code !== 0 || !program.prints.test(stdout)) return `ended with ${code}: ${stdout}${stderr}`;
  const { fuel, peakMemoryBytes, compileMs } = JSON.parse(stderr.trim().split('\n').at(-1)!) as Use;
  const cut = runProgram(module, program, scratch, ['--fuel', String(Math.ceil(fuel / 2))]);
  if (cut.code !== exitCodes.outOfFuel) return `with half its fuel it ended with ${cut.code}: ${cut.stderr}`;
  const figures = [
    `${seconds.toFixed(1)} s`,
    `${(compileMs / 1000).toFixed(1)} s`,
    `${(fuel / 1e6).toFixed(2)} M`,
    `${(peakMemoryBytes / megabyte).toFixed(1)} MiB`,
  ];
  process.stdout.write(`${program.title.padEnd(24)}${figures.map((figure) => figure.padStart(12)).join('')}\n`);
  return undefined;
}

/** What is wrong with how it is refused; prints what is said. */
function faultOfRefusal({ of, says }: Refused, repository: string): string | undefined {
  const words = ['release', 'add', pathOf(of), '--name', 'stranger', '--version', '1.0.0', '-C', repository];
  const { code, stdout, stderr } = command(words);
  if (code === 0) return `was taken: ${stdout}`;
  const said = stderr.replace(/^.* cannot run on a device: /, '');
  process.stdout.write(`${of.name} ${of.file}\n    ${said}`);
  return says.test(stderr) ? undefined : `was refused without what it is: ${stderr}`;
}

/** Runs and refuses all of them, or those whose package or title has one of the words. */
export async function run(args: readonly string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args: [...args],
    options: { help: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  if (values.help) throw new TypeError('[WORD ...]; a word is a part of the name of a package or program');
  const isAsked = (...names: readonly string[]): boolean =>
    positionals.length === 0 || positionals.some((word) => names.some((name) => name.includes(word)));
  const scratch = mkdtempSync(join(tmpdir(), 'fleet-modules-'));
  const faults: string[] = [];
  const note = (title: string, fault: string | undefined): void => {
    if (fault !== undefined) faults.push(`${title} ${fault}`);
  };
  try {
    const repository = join(scratch, 'fleet');
    mkdirSync(repository);
    command(['init', repository]);
    process.stdout.write(
      `${''.padEnd(24)}${['took', 'to compile', 'fuel', 'memory'].map((one) => one.padStart(12)).join('')}\n`,
    );
    for (const one of programs.filter(({ title, of }) => isAsked(title, of.name)))
      note(one.title, faultOfProgram(one, scratch));
    for (const one of refused.filter(({ of }) => isAsked(of.name))) note(one.of.name, faultOfRefusal(one, repository));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (faults.length > 0) process.exitCode = 1;
}
